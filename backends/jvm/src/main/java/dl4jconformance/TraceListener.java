package dl4jconformance;

import java.io.Closeable;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Writes what DL4J 0.8.0's updater gets and gives while a MultiLayerNetwork is trained, for {@code dl4j-conformance
 * replay}. Copy this file into your application:
 *
 * <pre>
 * try (TraceListener trace = new TraceListener(new File("run.jsonl.gz"))) {
 *     network.setListeners(trace);
 *     network.fit(iterator);
 * }
 * </pre>
 *
 * <p>Use it from the first iteration on, and with stochastic gradient descent: line searches update more than once
 * per iteration. Layers other than dense, output, auto-encoder, batch normalisation and activation layers are refused.
 */
public final class TraceListener implements TrainingListener, Closeable {
    private final transient Writer trace;
    private boolean begun;
    private String step;

    public TraceListener(File file) throws IOException {
        trace = new OutputStreamWriter(new GZIPOutputStream(new FileOutputStream(file)), StandardCharsets.UTF_8);
    }

    @Override
    public void onGradientCalculation(Model model) {
        MultiLayerNetwork network = (MultiLayerNetwork) model;
        if (!begun) {
            begun = true;
            String java = System.getProperty("java.version");
            write(new Json().add("trace", "1").add("java", quoted(java)).object("network", network(network)).toString());
        }
        // What comes before the updater is copied now: it works in place.
        Json before = new Json().add("batch_size", String.valueOf(network.batchSize()));
        before.add("score", quoted(pattern(network.score()))).object("gradients", arrays(network.gradient().gradientForVariable()));
        step = before.members();
    }

    @Override
    public void iterationDone(Model model, int iteration) {
        MultiLayerNetwork network = (MultiLayerNetwork) model;
        Json rates = new Json();
        Json momentum = new Json();
        for (int i = 0; i < network.getnLayers(); i++) {
            NeuralNetConfiguration conf = network.getLayer(i).conf();
            for (Map.Entry<String, Double> rate : conf.getLearningRateByParam().entrySet()) {
                rates.add(i + "_" + rate.getKey(), quoted(pattern(rate.getValue())));
            }
            momentum.add(String.valueOf(i), quoted(pattern(conf.getLayer().getMomentum())));
        }
        INDArray state = network.getUpdater().getStateViewArray();
        Json after = new Json().add("iteration", String.valueOf(iteration)).object("updates", arrays(network.gradient().gradientForVariable()));
        after.object("params", arrays(network.paramTable()));
        after.add("state", state == null ? "null" : values(state));
        after.object("learning_rates", rates).object("momentum", momentum);
        write("{" + step + "," + after.members() + "}");
    }

    @Override
    public void close() throws IOException {
        trace.close();
    }

    private void write(String line) {
        try {
            trace.write(line + "\n");
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }

    /** The gradient map has gradients before the updater and updates after it, in the same arrays. */
    private static Json arrays(Map<String, INDArray> table) {
        Json arrays = new Json();
        for (Map.Entry<String, INDArray> entry : table.entrySet()) {
            arrays.add(entry.getKey(), values(entry.getValue()));
        }
        return arrays;
    }

    private static Json network(MultiLayerNetwork network) {
        NeuralNetConfiguration first = network.getLayer(0).conf();
        Json conf = new Json()
                .add("use_regularization", String.valueOf(first.isUseRegularization()))
                .add("mini_batch", String.valueOf(first.isMiniBatch()))
                .add("iteration_count", String.valueOf(network.getLayerWiseConfigurations().getIterationCount()))
                .add("num_iterations", String.valueOf(first.getNumIterations()))
                .add("lr_policy", quoted(first.getLearningRatePolicy().toString()))
                .number("lr_policy_decay_rate", first.getLrPolicyDecayRate())
                .number("lr_policy_power", first.getLrPolicyPower())
                .number("lr_policy_steps", first.getLrPolicySteps())
                .schedule("learning_rate_schedule", first.getLayer().getLearningRateSchedule());
        StringBuilder layers = new StringBuilder();
        for (int i = 0; i < network.getnLayers(); i++) {
            layers.append(i == 0 ? "" : ",").append(layer(network.getLayer(i)));
        }
        INDArray state = network.getUpdater().getStateViewArray();
        Json described = new Json()
                .add("dtype", quoted(isDouble() ? "float64" : "float32"))
                .object("conf", conf)
                .add("layers", "[" + layers + "]")
                .object("params", arrays(network.paramTable()));
        return state == null ? described : described.add("state", values(state));
    }

    /** A layer's settings after DL4J has filled in what was unset. */
    private static Json layer(org.deeplearning4j.nn.api.Layer built) {
        Layer layer = built.conf().getLayer();
        Json described = new Json().add("type", quoted(type(layer)));
        if (layer instanceof FeedForwardLayer && !(layer instanceof ActivationLayer)) {
            FeedForwardLayer sized = (FeedForwardLayer) layer;
            described.add("n_in", String.valueOf(sized.getNIn())).add("n_out", String.valueOf(sized.getNOut()));
        }
        return described
                .add("frozen", String.valueOf(built instanceof FrozenLayer))
                .add("pretrain", String.valueOf(built.conf().isPretrain()))
                .add("updater", quoted(layer.getUpdater().toString()))
                .number("learning_rate", layer.getLearningRate())
                .number("bias_learning_rate", layer.getBiasLearningRate())
                .schedule("learning_rate_schedule", layer.getLearningRateSchedule())
                .number("momentum", layer.getMomentum())
                .schedule("momentum_schedule", layer.getMomentumSchedule())
                .number("adam_mean_decay", layer.getAdamMeanDecay())
                .number("adam_var_decay", layer.getAdamVarDecay())
                .number("rho", layer.getRho())
                .number("rms_decay", layer.getRmsDecay())
                .number("epsilon", layer.getEpsilon())
                .add("gradient_normalization", quoted(layer.getGradientNormalization().toString()))
                .number("gradient_normalization_threshold", layer.getGradientNormalizationThreshold())
                .number("l1", layer.getL1())
                .number("l2", layer.getL2())
                .number("l1_bias", layer.getL1Bias())
                .number("l2_bias", layer.getL2Bias());
    }

    private static String type(Layer layer) {
        switch (layer.getClass().getSimpleName()) {
            case "DenseLayer": case "OutputLayer": return "dense";
            case "AutoEncoder": return "auto_encoder";
            case "BatchNormalization": return "batch_normalization";
            case "ActivationLayer": return "activation";
            default: throw new IllegalArgumentException("a trace cannot describe a " + layer.getClass().getSimpleName());
        }
    }

    private static String values(INDArray array) {
        StringBuilder text = new StringBuilder("[");
        DataBuffer buffer = array.dup('f').data();
        for (int i = 0; i < array.length(); i++) {
            text.append(i == 0 ? "" : ",").append(quoted(isDouble()
                    ? pattern(buffer.getDouble(i))
                    : String.format("%08x", Float.floatToRawIntBits(buffer.getFloat(i)))));
        }
        return text.append("]").toString();
    }

    private static boolean isDouble() {
        return Nd4j.dataType() == DataBuffer.Type.DOUBLE;
    }

    private static String pattern(double value) {
        return String.format("%016x", Double.doubleToRawLongBits(value));
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }

    /** A JSON object, without a library: what stands in it needs no escapes. */
    private static final class Json {
        private final StringBuilder text = new StringBuilder();

        Json add(String name, String value) {
            text.append(text.length() == 0 ? "" : ",").append(quoted(name)).append(":").append(value);
            return this;
        }

        Json object(String name, Json value) {
            return add(name, value.toString());
        }

        Json number(String name, double value) {
            boolean finite = !Double.isNaN(value) && !Double.isInfinite(value);
            return add(name, finite ? String.valueOf(value) : quoted(String.valueOf(value)));
        }

        Json schedule(String name, Map<Integer, Double> schedule) {
            if (schedule == null) {
                return this;
            }
            Json object = new Json();
            for (Map.Entry<Integer, Double> entry : schedule.entrySet()) {
                object.number(String.valueOf(entry.getKey()), entry.getValue());
            }
            return object(name, object);
        }

        String members() {
            return text.toString();
        }

        @Override
        public String toString() {
            return "{" + text + "}";
        }
    }

    @Override
    public void onEpochStart(Model model) {}

    @Override
    public void onEpochEnd(Model model) {}

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {}

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {}

    @Override
    public void onBackwardPass(Model model) {}

    @Override
    public boolean invoked() {
        return false;
    }

    @Override
    public void invoke() {}
}
