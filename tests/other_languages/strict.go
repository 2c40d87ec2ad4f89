// Prints how many cases each file of fixtures has, read as strictly as encoding/json can, and why a file is refused.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// unique reads one value and refuses keys that stand twice in an object, which Unmarshal does not see.
func unique(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return err
			}
			if seen[key.(string)] {
				return fmt.Errorf("the key %s stands twice", key)
			}
			seen[key.(string)] = true
			if err := unique(decoder); err != nil {
				return err
			}
		}
		_, err = decoder.Token()
	case json.Delim('['):
		for decoder.More() {
			if err := unique(decoder); err != nil {
				return err
			}
		}
		_, err = decoder.Token()
	}
	return err
}

func count(raw []byte) (int, error) {
	if !utf8.Valid(raw) {
		return 0, errors.New("no UTF-8")
	}
	var everything any
	if err := json.Unmarshal(raw, &everything); err != nil {
		return 0, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := unique(decoder); err != nil {
		return 0, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return 0, errors.New("something follows")
	}
	object, ok := everything.(map[string]any)
	if !ok {
		return 0, errors.New("no object")
	}
	if files, ok := object["files"].(map[string]any); ok {
		total := 0
		for _, entry := range files {
			total += len(entry.(map[string]any)["cases"].(map[string]any))
		}
		return total, nil
	}
	for _, name := range []string{"cases", "recordings"} {
		switch cases := object[name].(type) {
		case []any:
			return len(cases), nil
		case map[string]any:
			return len(cases), nil
		}
	}
	return 1, nil
}

func main() {
	for _, path := range os.Args[1:] {
		raw, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		documents := [][]byte{raw}
		if strings.HasSuffix(path, ".jsonl") {
			documents = bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
		}
		total := 0
		for _, document := range documents {
			found, err := count(document)
			if err != nil {
				fmt.Printf("%s refused: %v\n", filepath.Base(path), err)
				total = -1
				break
			}
			total += found
		}
		if total >= 0 {
			fmt.Printf("%s %d\n", filepath.Base(path), total)
		}
	}
}
