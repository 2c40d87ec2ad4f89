// An adapter for dl4j-conformance that does SGD. Replace update by calls of your port.
// One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strconv"
	"strings"
)

const hello = `{"seq":%d,"reply":"ok","protocol":1,` +
	`"implementation":{"name":"my-port","version":"0.1","language":"Go","homepage":""},` +
	`"capabilities":{"updaters":["SGD"],"types":["float32","float64"],"unchained":true,"arrays":"base64"}}`

// double is a setting: a number or "NaN", "Infinity", "-Infinity".
type double float64

func (d *double) UnmarshalJSON(text []byte) error {
	x, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	*d = double(x)
	return err
}

type layer struct {
	Type                  string  `json:"type"`
	Frozen                bool    `json:"frozen"`
	Pretrain              bool    `json:"pretrain"`
	Updater               string  `json:"updater"`
	GradientNormalization string  `json:"gradient_normalization"`
	LearningRate          *double `json:"learning_rate"`
	BiasLearningRate      *double `json:"bias_learning_rate"`
}

type network struct {
	Dtype  string                     `json:"dtype"`
	Conf   map[string]json.RawMessage `json:"conf"`
	Layers []layer                    `json:"layers"`
}

// array travels as little-endian bytes in base64, which encoding/json reads and writes for bytes.
type array struct {
	Base64 []byte `json:"base64"`
}

type request struct {
	Seq       int     `json:"seq"`
	Op        string  `json:"op"`
	Session   int     `json:"session"`
	Network   network `json:"network"`
	BatchSize int     `json:"batch_size"`
	Gradients []struct {
		Key    string `json:"key"`
		Values array  `json:"values"`
	} `json:"gradients"`
}

type reply struct {
	Seq     int              `json:"seq"`
	Reply   string           `json:"reply"`
	Reason  string           `json:"reason,omitempty"`
	Updates map[string]array `json:"updates,omitempty"`
}

// setting reads an optional setting of the network into value, which holds the default.
func (n *network) setting(name string, value any) {
	if text, there := n.Conf[name]; there {
		if err := json.Unmarshal(text, value); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// refuseWhatIsNotSgd returns an error for settings that need more than this file has.
func (n *network) refuseWhatIsNotSgd() error {
	penalties, updater, normalization := false, "SGD", "None"
	n.setting("use_regularization", &penalties)
	n.setting("updater", &updater)
	n.setting("gradient_normalization", &normalization)
	if penalties {
		return errors.New("penalties")
	}
	for name := range n.Conf {
		if strings.HasPrefix(name, "lr_policy") || name == "learning_rate_schedule" {
			return errors.New("learning-rate policies")
		}
	}
	for _, l := range n.Layers {
		switch {
		case either(l.Updater, updater) != "SGD":
			return errors.New("updaters other than SGD")
		case either(l.Type, "dense") != "dense" || l.Frozen || l.Pretrain:
			return errors.New("layers other than dense ones")
		case either(l.GradientNormalization, normalization) != "None":
			return errors.New("gradient normalisation")
		}
	}
	return nil
}

// learningRate is that of the layer, else of the network, else 0.1; a bias may have its own.
func (n *network) learningRate(key string) (float64, error) {
	number, name, _ := strings.Cut(key, "_")
	index, err := strconv.Atoi(number)
	if err != nil || number != strconv.Itoa(index) || index < 0 || index >= len(n.Layers) || name != "W" && name != "b" {
		return 0, errors.New("this gradient key")
	}
	rate := double(0.1)
	n.setting("learning_rate", &rate)
	l := n.Layers[index]
	if isSet(l.LearningRate) {
		rate = *l.LearningRate
	}
	if name == "b" && isSet(l.BiasLearningRate) {
		rate = *l.BiasLearningRate
	}
	return float64(rate), nil
}

// update turns one parameter's gradient into its update, in place.
func (n *network) update(key string, values []byte, batchSize int) error {
	rate, err := n.learningRate(key)
	if err != nil {
		return err
	}
	divide := true
	n.setting("mini_batch", &divide)
	if n.Dtype == "float32" {
		for ; len(values) >= 4; values = values[4:] {
			g := math.Float32frombits(binary.LittleEndian.Uint32(values)) * float32(scalar(rate))
			if divide {
				g /= float32(batchSize)
			}
			binary.LittleEndian.PutUint32(values, math.Float32bits(g))
		}
		return nil
	}
	for ; len(values) >= 8; values = values[8:] {
		g := math.Float64frombits(binary.LittleEndian.Uint64(values)) * scalar(rate)
		if divide {
			g /= float64(batchSize)
		}
		binary.LittleEndian.PutUint64(values, math.Float64bits(g))
	}
	return nil
}

// scalar is a Java double that meets an array: NaN becomes 1e-5; rounding to the array's type follows.
func scalar(x float64) float64 {
	if math.IsNaN(x) {
		return 1e-5
	}
	return x
}

func either(own, other string) string {
	if own != "" {
		return own
	}
	return other
}

func isSet(d *double) bool { return d != nil && !math.IsNaN(float64(*d)) }

var sessions = map[int]network{}

// answer is the reply to everything but hello; an error is what this port does not do.
func answer(r request) (map[string]array, error) {
	switch r.Op {
	case "open":
		if err := r.Network.refuseWhatIsNotSgd(); err != nil {
			return nil, err
		}
		sessions[r.Session] = r.Network
		return nil, nil
	case "update":
		n, updates := sessions[r.Session], map[string]array{}
		for _, g := range r.Gradients {
			if err := n.update(g.Key, g.Values.Base64, r.BatchSize); err != nil {
				return nil, err
			}
			updates[g.Key] = g.Values
		}
		return updates, nil
	case "close":
		delete(sessions, r.Session)
		return nil, nil
	}
	return nil, errors.New(r.Op)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			log.Fatal(err)
		}
		if r.Op == "hello" {
			fmt.Printf(hello+"\n", r.Seq)
			continue
		}
		done := reply{Seq: r.Seq, Reply: "ok"}
		if done.Updates, err = answer(r); err != nil {
			done = reply{Seq: r.Seq, Reply: "unsupported", Reason: err.Error()}
		}
		text, err := json.Marshal(done)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(text))
	}
}
