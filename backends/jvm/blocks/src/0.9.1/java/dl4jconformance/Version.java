package dl4jconformance;

import java.lang.reflect.Method;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.cpu.nativecpu.rng.CpuNativeRandom;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.factory.RandomFactory;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** What is DL4J 0.9.1's own: its builders, its calls, and its learning rates. */
final class Version {
    static final String NAME = "0.9.1";

    private Version() {}

    /** Makes {@code dtype} the type of all arrays of this process. */
    static void start(String dtype, int threads) {
        Nd4j.setDataType(dtype.equals("float64") ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
        // No number is drawn, since all parameters are given. ND4J's own generator fills ten million at every build.
        Random small = new CpuNativeRandom(1, 1000);
        Nd4j.randomFactory = new RandomFactory(CpuNativeRandom.class) {
            @Override
            public Random getRandom() {
                return small;
            }
        };
    }

    static INDArray slice(INDArray flat, int from, int to) {
        return flat.get(NDArrayIndex.point(0), NDArrayIndex.interval(from, to));
    }

    static void update(MultiLayerUpdater updater, Gradient gradient, int iteration, int epoch, int batchSize) {
        updater.update(gradient, iteration, batchSize);
    }

    static void rates(
            MultiLayerNetwork network, MultiLayerUpdater updater, int iteration, int epoch, ObjectNode seen) {
        ObjectNode rates = seen.putObject("learning_rates");
        ObjectNode momentum = seen.putObject("momentum");
        ArrayNode ofUpdaters = seen.putArray("updater_learning_rates");
        Layer[] layers = network.getLayers();
        for (int i = 0; i < layers.length; i++) {
            for (Map.Entry<String, Double> rate : layers[i].conf().getLearningRateByParam().entrySet()) {
                rates.put(i + "_" + rate.getKey(), Patterns.of(rate.getValue()));
            }
            IUpdater ofLayer = ((BaseLayer) layers[i].conf().getLayer()).getIUpdater();
            boolean hasMomentum = ofLayer instanceof Nesterovs;
            momentum.put(String.valueOf(i), hasMomentum ? Patterns.of(((Nesterovs) ofLayer).getMomentum()) : null);
            ofUpdaters.add(learningRate(ofLayer));
        }
    }

    /** The rate of an updater object; null if its class has none. */
    private static String learningRate(IUpdater updater) {
        try {
            Method getter = updater.getClass().getMethod("getLearningRate");
            return Patterns.of((double) getter.invoke(updater));
        } catch (NoSuchMethodException none) {
            return null;
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static MultiLayerConfiguration configuration(JsonNode described) throws ReflectiveOperationException {
        JsonNode layers = described.get("layers");
        NeuralNetConfiguration.ListBuilder list = global(described.get("conf")).list();
        for (int i = 0; i < layers.size(); i++) {
            list.layer(i, layer(layers.get(i), i == layers.size() - 1));
        }
        // Given one preprocessor, which does nothing, DL4J does not check whether outputs and inputs fit together.
        list.inputPreProcessor(0, new ComposableInputPreProcessor());
        return list.pretrain(false).backprop(true).build();
    }

    private static NeuralNetConfiguration.Builder global(JsonNode conf) throws ReflectiveOperationException {
        NeuralNetConfiguration.Builder builder =
                new NeuralNetConfiguration.Builder().weightInit(WeightInit.ZERO).activation(Activation.IDENTITY);
        for (String name : Description.names(conf)) {
            JsonNode value = conf.get(name);
            switch (name) {
                case "use_regularization": builder.regularization(value.asBoolean()); break;
                case "mini_batch": builder.miniBatch(value.asBoolean()); break;
                case "num_iterations": builder.iterations(value.asInt()); break;
                case "lr_policy": builder.learningRateDecayPolicy(LearningRatePolicy.valueOf(value.asText())); break;
                case "lr_policy_decay_rate": builder.lrPolicyDecayRate(Description.number(value)); break;
                case "lr_policy_power": builder.lrPolicyPower(Description.number(value)); break;
                case "lr_policy_steps": builder.lrPolicySteps(Description.number(value)); break;
                case "learning_rate": builder.learningRate(Description.number(value)); break;
                case "bias_learning_rate": builder.biasLearningRate(Description.number(value)); break;
                case "learning_rate_schedule": builder.learningRateSchedule(Description.map(value)); break;
                case "updater":
                    if (value.isTextual()) {
                        builder.updater(Updater.valueOf(value.asText()));
                    } else {
                        builder.updater(updater(value));
                    }
                    break;
                default: throw Description.unknown("setting of conf", name);
            }
        }
        return builder;
    }

    private static BaseLayer layer(JsonNode described, boolean last) throws ReflectiveOperationException {
        BaseLayer.Builder<?> builder = typedLayer(described, last);
        for (String name : Description.names(described)) {
            JsonNode value = described.get(name);
            switch (name) {
                case "type": case "n_in": case "n_out": break;
                case "updater":
                    if (value.isTextual()) {
                        builder.updater(Updater.valueOf(value.asText()));
                    } else {
                        builder.updater(updater(value));
                    }
                    break;
                case "learning_rate": builder.learningRate(Description.number(value)); break;
                case "bias_learning_rate": builder.biasLearningRate(Description.number(value)); break;
                case "learning_rate_schedule": builder.learningRateSchedule(Description.map(value)); break;
                case "momentum": builder.momentum(Description.number(value)); break;
                case "momentum_schedule": builder.momentumAfter(Description.map(value)); break;
                case "adam_mean_decay": builder.adamMeanDecay(Description.number(value)); break;
                case "adam_var_decay": builder.adamVarDecay(Description.number(value)); break;
                case "rho": builder.rho(Description.number(value)); break;
                case "rms_decay": builder.rmsDecay(Description.number(value)); break;
                case "epsilon": builder.epsilon(Description.number(value)); break;
                case "l1": builder.l1(Description.number(value)); break;
                case "l2": builder.l2(Description.number(value)); break;
                case "l1_bias": builder.l1Bias(Description.number(value)); break;
                case "l2_bias": builder.l2Bias(Description.number(value)); break;
                case "gradient_normalization":
                    builder.gradientNormalization(GradientNormalization.valueOf(value.asText()));
                    break;
                case "gradient_normalization_threshold":
                    builder.gradientNormalizationThreshold(Description.number(value));
                    break;
                default: throw Description.unknown("setting of a layer", name);
            }
        }
        return builder.build();
    }

    private static BaseLayer.Builder<?> typedLayer(JsonNode described, boolean last) {
        String type = described.path("type").asText("dense");
        int nIn = described.path("n_in").asInt();
        int nOut = described.get("n_out").asInt();
        switch (type) {
            case "dense":
                return last
                        ? new OutputLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).nIn(nIn).nOut(nOut)
                        : new DenseLayer.Builder().nIn(nIn).nOut(nOut);
            case "auto_encoder": return new AutoEncoder.Builder().nIn(nIn).nOut(nOut);
            case "batch_normalization": return new BatchNormalization.Builder().nIn(nOut).nOut(nOut);
            default: throw Description.unknown("type of layer", type);
        }
    }

    private static IUpdater updater(JsonNode described) throws ReflectiveOperationException {
        IUpdater updater = Description.updater(described);
        for (String name : Description.names(described)) {
            JsonNode value = described.get(name);
            switch (name) {
                case "type": case "builder": break;
                case "momentum_schedule": Description.set(updater, name, Map.class, Description.map(value)); break;
                default: Description.set(updater, name, double.class, Description.number(value));
            }
        }
        return updater;
    }
}
