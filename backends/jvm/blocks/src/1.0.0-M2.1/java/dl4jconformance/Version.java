package dl4jconformance;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L1Regularization;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** What is DL4J 1.0.0-M2.1's own: its builders, its calls, and its learning rates. */
final class Version {
    static final String NAME = "1.0.0-M2.1";

    private Version() {}

    static void start(String dtype, int threads) {
        // The library is loaded with the first array.
        Nd4j.scalar(0.0);
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }

    static INDArray slice(INDArray flat, int from, int to) {
        return flat.reshape(flat.length()).get(NDArrayIndex.interval(from, to));
    }

    static void update(MultiLayerUpdater updater, Gradient gradient, int iteration, int epoch, int batchSize) {
        updater.update(gradient, iteration, epoch, batchSize, LayerWorkspaceMgr.noWorkspaces());
    }

    static void rates(
            MultiLayerNetwork network, MultiLayerUpdater updater, int iteration, int epoch, ObjectNode seen) {
        ArrayNode rates = seen.putArray("learning_rates");
        ArrayNode momentum = seen.putArray("momentum");
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            IUpdater ofBlock = block.getGradientUpdater().getConfig();
            boolean hasMomentum = ofBlock instanceof Nesterovs;
            rates.add(ofBlock.hasLearningRate() ? Patterns.of(ofBlock.getLearningRate(iteration, epoch)) : null);
            momentum.add(hasMomentum ? Patterns.of(((Nesterovs) ofBlock).currentMomentum(iteration, epoch)) : null);
        }
    }

    static MultiLayerConfiguration configuration(JsonNode described) throws ReflectiveOperationException {
        JsonNode layers = described.get("layers");
        DataType type = described.get("dtype").asText().equals("float64") ? DataType.DOUBLE : DataType.FLOAT;
        NeuralNetConfiguration.ListBuilder list = global(described.get("conf")).dataType(type).list();
        for (int i = 0; i < layers.size(); i++) {
            list.layer(i, layer(layers.get(i), i == layers.size() - 1));
        }
        // Given one preprocessor, which does nothing, DL4J does not check whether outputs and inputs fit together.
        list.inputPreProcessor(0, new ComposableInputPreProcessor());
        return list.build();
    }

    private static NeuralNetConfiguration.Builder global(JsonNode conf) throws ReflectiveOperationException {
        NeuralNetConfiguration.Builder builder =
                new NeuralNetConfiguration.Builder().weightInit(WeightInit.ZERO).activation(Activation.IDENTITY);
        for (String name : Description.names(conf)) {
            JsonNode value = conf.get(name);
            switch (name) {
                case "mini_batch": builder.miniBatch(value.asBoolean()); break;
                case "updater": builder.updater(updater(value)); break;
                case "bias_updater": builder.biasUpdater(updater(value)); break;
                case "gradient_normalization":
                    builder.gradientNormalization(GradientNormalization.valueOf(value.asText()));
                    break;
                case "gradient_normalization_threshold":
                    builder.gradientNormalizationThreshold(Description.number(value));
                    break;
                default:
                    if (!isOfRegularization(name)) {
                        throw Description.unknown("setting of conf", name);
                    }
            }
        }
        // In this order: a weight decay removes L2.
        if (conf.hasNonNull("l1")) builder.l1(Description.number(conf.get("l1")));
        if (conf.hasNonNull("l2")) builder.l2(Description.number(conf.get("l2")));
        if (conf.hasNonNull("l1_bias")) builder.l1Bias(Description.number(conf.get("l1_bias")));
        if (conf.hasNonNull("l2_bias")) builder.l2Bias(Description.number(conf.get("l2_bias")));
        if (conf.hasNonNull("weight_decay")) {
            boolean applyLr = conf.path("weight_decay_apply_lr").asBoolean(true);
            builder.weightDecay(Description.number(conf.get("weight_decay")), applyLr);
        }
        if (conf.hasNonNull("weight_decay_bias")) {
            boolean applyLr = conf.path("weight_decay_bias_apply_lr").asBoolean(true);
            builder.weightDecayBias(Description.number(conf.get("weight_decay_bias")), applyLr);
        }
        return builder;
    }

    private static boolean isOfRegularization(String name) {
        switch (name) {
            case "l1": case "l2": case "l1_bias": case "l2_bias": case "weight_decay": case "weight_decay_apply_lr":
            case "weight_decay_bias": case "weight_decay_bias_apply_lr":
                return true;
            default:
                return false;
        }
    }

    private static BaseLayer layer(JsonNode described, boolean last) throws ReflectiveOperationException {
        BaseLayer.Builder<?> builder = typedLayer(described, last);
        for (String name : Description.names(described)) {
            JsonNode value = described.get(name);
            switch (name) {
                case "type": case "n_in": case "n_out": case "has_layer_norm": case "use_log_std": break;
                case "regularization": case "regularization_bias": break;
                case "updater": builder.updater(updater(value)); break;
                case "bias_updater": builder.biasUpdater(updater(value)); break;
                case "gradient_normalization":
                    builder.gradientNormalization(GradientNormalization.valueOf(value.asText()));
                    break;
                case "gradient_normalization_threshold":
                    builder.gradientNormalizationThreshold(Description.number(value));
                    break;
                default:
                    if (!isOfRegularization(name)) {
                        throw Description.unknown("setting of a layer", name);
                    }
            }
        }
        if (described.hasNonNull("l1")) builder.l1(Description.number(described.get("l1")));
        if (described.hasNonNull("l2")) builder.l2(Description.number(described.get("l2")));
        if (described.hasNonNull("l1_bias")) builder.l1Bias(Description.number(described.get("l1_bias")));
        if (described.hasNonNull("l2_bias")) builder.l2Bias(Description.number(described.get("l2_bias")));
        if (described.hasNonNull("weight_decay")) {
            boolean applyLr = described.path("weight_decay_apply_lr").asBoolean(true);
            builder.weightDecay(Description.number(described.get("weight_decay")), applyLr);
        }
        if (described.hasNonNull("weight_decay_bias")) {
            boolean applyLr = described.path("weight_decay_bias_apply_lr").asBoolean(true);
            builder.weightDecayBias(Description.number(described.get("weight_decay_bias")), applyLr);
        }
        // The lists themselves take the place of what the setters have made.
        if (described.hasNonNull("regularization")) {
            builder.regularization(regularizations(described.get("regularization")));
        }
        if (described.hasNonNull("regularization_bias")) {
            builder.regularizationBias(regularizations(described.get("regularization_bias")));
        }
        return builder.build();
    }

    private static BaseLayer.Builder<?> typedLayer(JsonNode described, boolean last) {
        String type = described.path("type").asText("dense");
        int nIn = described.path("n_in").asInt();
        int nOut = described.get("n_out").asInt();
        boolean layerNorm = described.path("has_layer_norm").asBoolean();
        switch (type) {
            case "dense":
                // An output layer has no gain.
                return last && !layerNorm
                        ? new OutputLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).nIn(nIn).nOut(nOut)
                        : new DenseLayer.Builder().nIn(nIn).nOut(nOut).hasLayerNorm(layerNorm);
            case "auto_encoder":
                return new AutoEncoder.Builder().nIn(nIn).nOut(nOut);
            case "batch_normalization":
                return new BatchNormalization.Builder().nIn(nOut).nOut(nOut)
                        .useLogStd(described.path("use_log_std").asBoolean(true));
            default:
                throw Description.unknown("type of layer", type);
        }
    }

    private static List<Regularization> regularizations(JsonNode list) throws ReflectiveOperationException {
        List<Regularization> regularizations = new ArrayList<>();
        for (JsonNode described : list) {
            JsonNode number = described.get("coefficient");
            ISchedule coefficient = number.isObject() ? Schedules.schedule(number) : null;
            double fixed = number.isObject() ? 0 : Description.number(number);
            boolean applyLr = described.path("apply_lr").asBoolean();
            String type = described.get("type").asText();
            switch (type) {
                case "L1Regularization":
                    regularizations.add(
                            coefficient == null ? new L1Regularization(fixed) : new L1Regularization(coefficient));
                    break;
                case "L2Regularization":
                    regularizations.add(
                            coefficient == null ? new L2Regularization(fixed) : new L2Regularization(coefficient));
                    break;
                case "WeightDecay":
                    regularizations.add(coefficient == null
                            ? new WeightDecay(fixed, applyLr)
                            : new WeightDecay(coefficient, applyLr));
                    break;
                default:
                    throw Description.unknown("regularization", type);
            }
        }
        return regularizations;
    }

    private static IUpdater updater(JsonNode described) throws ReflectiveOperationException {
        IUpdater updater = Description.updater(described);
        for (String name : Description.names(described)) {
            JsonNode value = described.get(name);
            switch (name) {
                case "type":
                    break;
                case "learning_rate_schedule":
                    Description.set(updater, name, ISchedule.class, Schedules.schedule(value));
                    unsetNumber(updater, described, "learning_rate");
                    break;
                case "momentum_schedule":
                    Description.set(updater, "momentum_i_schedule", ISchedule.class, Schedules.schedule(value));
                    unsetNumber(updater, described, "momentum");
                    break;
                default:
                    Description.set(updater, name, double.class, Description.number(value));
            }
        }
        return updater;
    }

    /** A constructor that takes a schedule leaves the number NaN. */
    private static void unsetNumber(IUpdater updater, JsonNode described, String name)
            throws ReflectiveOperationException {
        if (!described.hasNonNull(name)) {
            Description.set(updater, name, double.class, Double.NaN);
        }
    }
}
