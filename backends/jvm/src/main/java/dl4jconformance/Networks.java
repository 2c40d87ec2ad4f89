package dl4jconformance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.variational.BernoulliReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.CompositeReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.GaussianReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.stepfunctions.DefaultStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.GradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeDefaultStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeGradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Networks from their descriptions, through DL4J's own builders: what is absent is left unset. */
final class Networks {
    private Networks() {}

    static Trained build(JsonNode described, Values values) {
        JsonNode layers = described.get("layers");
        Trained network = described.has("vertices") ? graph(described)
                : described.has("bare") ? alone(described)
                : multiLayer(described);
        JsonNode params = described.get("params");
        // Without any they stay zeros: `bench` has millions.
        Map<String, INDArray> set = params.size() > 0 ? network.inOrder() : Collections.emptyMap();
        for (Map.Entry<String, INDArray> parameter : set.entrySet()) {
            JsonNode given = params.get(parameter.getKey());
            parameter.getValue().assign(values.array(given, parameter.getValue().shape(), parameter.getValue().ordering()));
        }
        FileSettings.set(described, network);
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i).path("pretrain").asBoolean()) {
                network.getLayers()[i].conf().setPretrain(true);
            }
            if (layers.get(i).path("frozen").asBoolean()) {
                network.freeze(i);
            }
        }
        return network;
    }

    private static Trained alone(JsonNode described) {
        JsonNode conf = described.get("conf");
        NeuralNetConfiguration configuration = global(conf).layer(layer(described.get("layers").get(0), false)).build();
        configuration.setIterationCount(conf.path("iteration_count").asInt());
        return new TrainedLayer(configuration);
    }

    private static Trained multiLayer(JsonNode described) {
        JsonNode layers = described.get("layers");
        NeuralNetConfiguration.ListBuilder list = global(described.get("conf")).list();
        for (int i = 0; i < layers.size(); i++) {
            list.layer(i, layer(layers.get(i), i == layers.size() - 1));
        }
        // Given one preprocessor, which does nothing, DL4J does not check whether outputs and inputs fit together.
        list.inputPreProcessor(0, new ComposableInputPreProcessor());
        MultiLayerConfiguration configuration = list.pretrain(false).backprop(true).build();
        configuration.setIterationCount(described.get("conf").path("iteration_count").asInt());
        TrainedNetwork network = new TrainedNetwork(configuration);
        network.init();
        return network;
    }

    private static Trained graph(JsonNode described) {
        ComputationGraphConfiguration.GraphBuilder graph = global(described.get("conf")).graphBuilder();
        if (described.has("topology")) {
            addVertices(graph, described);
        } else {
            addChain(graph, described);
        }
        ComputationGraphConfiguration configuration = graph.pretrain(false).backprop(true).build();
        configuration.setIterationCount(described.get("conf").path("iteration_count").asInt());
        TrainedGraph network = new TrainedGraph(configuration);
        network.init();
        return network;
    }

    /** Each layer feeds the next. */
    private static void addChain(ComputationGraphConfiguration.GraphBuilder graph, JsonNode described) {
        JsonNode layers = described.get("layers");
        List<String> vertices = texts(described.get("vertices"));
        List<String> chain = described.has("chain") ? texts(described.get("chain")) : vertices;
        String input = "the input of the graph";
        graph.addInputs(input);
        for (int i = 0; i < layers.size(); i++) {
            int place = chain.indexOf(vertices.get(i));
            Layer layer = layer(layers.get(i), place == chain.size() - 1);
            graph.addLayer(vertices.get(i), layer, place == 0 ? input : chain.get(place - 1));
        }
        graph.setOutputs(chain.get(chain.size() - 1));
    }

    /** The vertices of a graph of any shape, in the order in which they are described. */
    private static void addVertices(ComputationGraphConfiguration.GraphBuilder graph, JsonNode described) {
        JsonNode topology = described.get("topology");
        List<String> outputs = texts(topology.get("outputs"));
        graph.addInputs(texts(topology.get("inputs")).toArray(new String[0]));
        Iterator<JsonNode> layers = described.get("layers").iterator();
        for (JsonNode vertex : topology.get("vertices")) {
            String name = vertex.get("name").asText();
            String[] inputs = texts(vertex.get("inputs")).toArray(new String[0]);
            String kind = vertex.path("kind").asText("layer");
            if (!kind.equals("layer")) {
                graph.addVertex(name, withoutLayer(kind), inputs);
                continue;
            }
            Layer layer = layer(layers.next(), outputs.contains(name));
            if (vertex.has("layer_name")) {
                layer.setLayerName(vertex.get("layer_name").asText());
                graph.addVertex(name, new LayerVertex(global(described.get("conf")).layer(layer).build(), null), inputs);
            } else {
                graph.addLayer(name, layer, inputs);
            }
        }
        graph.setOutputs(outputs.toArray(new String[0]));
    }

    private static GraphVertex withoutLayer(String kind) {
        switch (kind) {
            case "merge": return new MergeVertex();
            case "element_wise": return new ElementWiseVertex(ElementWiseVertex.Op.Add);
            case "subset": return new SubsetVertex(0, 0);
            case "stack": return new StackVertex();
            case "unstack": return new UnstackVertex(0, 1);
            case "preprocessor": return new PreprocessorVertex(new FeedForwardToRnnPreProcessor());
            case "l2": return new L2Vertex();
            case "l2_normalize": return new L2NormalizeVertex();
            case "scale": return new ScaleVertex(1.0);
            default: throw unknown("kind of vertex", kind);
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array) {
            texts.add(text.asText());
        }
        return texts;
    }

    private static NeuralNetConfiguration.Builder global(JsonNode conf) {
        NeuralNetConfiguration.Builder builder = new NeuralNetConfiguration.Builder()
                .weightInit(WeightInit.ZERO)
                .activation(Activation.IDENTITY);
        for (Map.Entry<String, JsonNode> setting : settings(conf).entrySet()) {
            if (FileSettings.isBuilt(conf) && FileSettings.isOfPolicy(setting.getKey())) {
                continue;
            }
            JsonNode value = setting.getValue();
            switch (setting.getKey()) {
                case "built": break;
                case "use_regularization": builder.regularization(value.asBoolean()); break;
                case "mini_batch": builder.miniBatch(value.asBoolean()); break;
                case "iteration_count": break;
                case "optimization_algo": builder.optimizationAlgo(OptimizationAlgorithm.valueOf(value.asText())); break;
                case "minimize": builder.minimize(value.asBoolean()); break;
                case "step_function": builder.stepFunction(stepFunction(value.asText())); break;
                case "max_num_line_search_iterations": builder.maxNumLineSearchIterations(value.asInt()); break;
                case "num_iterations": builder.iterations(value.asInt()); break;
                case "lr_policy": builder.learningRateDecayPolicy(LearningRatePolicy.valueOf(value.asText())); break;
                case "lr_policy_decay_rate": builder.lrPolicyDecayRate(number(value)); break;
                case "lr_policy_power": builder.lrPolicyPower(number(value)); break;
                case "lr_policy_steps": builder.lrPolicySteps(number(value)); break;
                case "updater": builder.updater(Updater.valueOf(value.asText())); break;
                case "learning_rate": builder.learningRate(number(value)); break;
                case "bias_learning_rate": builder.biasLearningRate(number(value)); break;
                case "learning_rate_schedule": builder.learningRateSchedule(schedule(value)); break;
                case "momentum": builder.momentum(number(value)); break;
                case "momentum_schedule": builder.momentumAfter(schedule(value)); break;
                case "adam_mean_decay": builder.adamMeanDecay(number(value)); break;
                case "adam_var_decay": builder.adamVarDecay(number(value)); break;
                case "rho": builder.rho(number(value)); break;
                case "rms_decay": builder.rmsDecay(number(value)); break;
                case "epsilon": builder.epsilon(number(value)); break;
                case "gradient_normalization": builder.gradientNormalization(normalization(value)); break;
                case "gradient_normalization_threshold": builder.gradientNormalizationThreshold(number(value)); break;
                case "l1": builder.l1(number(value)); break;
                case "l2": builder.l2(number(value)); break;
                case "l1_bias": builder.l1Bias(number(value)); break;
                case "l2_bias": builder.l2Bias(number(value)); break;
                default: throw unknown("conf", setting.getKey());
            }
        }
        return builder;
    }

    private static Layer layer(JsonNode described, boolean last) {
        Layer.Builder<?> builder = typedLayer(described, last);
        for (Map.Entry<String, JsonNode> setting : settings(described).entrySet()) {
            JsonNode value = setting.getValue();
            switch (setting.getKey()) {
                case "type": case "n_in": case "n_out": case "frozen": case "pretrain": break;
                case "kernel_size": case "encoder_layer_sizes": case "decoder_layer_sizes": case "distribution_size":
                case "lock_gamma_beta": case "conf": break;
                case "learning_rate_by_param": case "l1_by_param": case "l2_by_param": break;
                case "updater": builder.updater(Updater.valueOf(value.asText())); break;
                case "learning_rate": builder.learningRate(number(value)); break;
                case "bias_learning_rate": builder.biasLearningRate(number(value)); break;
                case "learning_rate_schedule": builder.learningRateSchedule(schedule(value)); break;
                case "momentum": builder.momentum(number(value)); break;
                case "momentum_schedule": builder.momentumAfter(schedule(value)); break;
                case "adam_mean_decay": builder.adamMeanDecay(number(value)); break;
                case "adam_var_decay": builder.adamVarDecay(number(value)); break;
                case "rho": builder.rho(number(value)); break;
                case "rms_decay": builder.rmsDecay(number(value)); break;
                case "epsilon": builder.epsilon(number(value)); break;
                case "gradient_normalization": builder.gradientNormalization(normalization(value)); break;
                case "gradient_normalization_threshold": builder.gradientNormalizationThreshold(number(value)); break;
                case "l1": builder.l1(number(value)); break;
                case "l2": builder.l2(number(value)); break;
                case "l1_bias": builder.l1Bias(number(value)); break;
                case "l2_bias": builder.l2Bias(number(value)); break;
                default: throw unknown("layer", setting.getKey());
            }
        }
        return builder.build();
    }

    /** The last dense layer is an output layer, unless it is frozen: DL4J freezes no output layer. */
    private static FeedForwardLayer.Builder<?> typedLayer(JsonNode described, boolean last) {
        int nIn = described.path("n_in").asInt();
        int nOut = described.path("n_out").asInt();
        String type = described.path("type").asText("dense");
        switch (type) {
            case "dense":
                return last && !described.path("frozen").asBoolean()
                        ? new OutputLayer.Builder(LossFunction.MSE).nIn(nIn).nOut(nOut)
                        : new DenseLayer.Builder().nIn(nIn).nOut(nOut);
            case "embedding":
                return new EmbeddingLayer.Builder().nIn(nIn).nOut(nOut);
            case "convolution":
                return new ConvolutionLayer.Builder(sizes(described, "kernel_size", 2, 2)).nIn(nIn).nOut(nOut);
            case "graves_lstm":
                return new GravesLSTM.Builder().nIn(nIn).nOut(nOut);
            case "graves_bidirectional_lstm":
                return new GravesBidirectionalLSTM.Builder().nIn(nIn).nOut(nOut);
            case "center_loss_output":
                return new CenterLossOutputLayer.Builder(LossFunction.MSE).nIn(nIn).nOut(nOut);
            case "variational_autoencoder":
                return new VariationalAutoencoder.Builder()
                        .encoderLayerSizes(sizes(described, "encoder_layer_sizes", 2))
                        .decoderLayerSizes(sizes(described, "decoder_layer_sizes", 2))
                        .reconstructionDistribution(distribution(described.path("distribution_size").asInt(2 * nIn), nIn))
                        .nIn(nIn).nOut(nOut);
            case "auto_encoder":
                return new AutoEncoder.Builder().nIn(nIn).nOut(nOut);
            case "batch_normalization":
                return new BatchNormalization.Builder(described.path("lock_gamma_beta").asBoolean())
                        .nIn(nOut).nOut(nOut);
            case "activation":
                return new ActivationLayer.Builder();
            default:
                throw unknown("layer type", type);
        }
    }

    private static int[] sizes(JsonNode described, String name, int... usual) {
        if (!described.has(name)) {
            return usual;
        }
        int[] sizes = new int[described.get(name).size()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = described.get(name).get(i).asInt();
        }
        return sizes;
    }

    /** A distribution with so many parameters for so many inputs: two for each that is Gaussian, one for another. */
    private static ReconstructionDistribution distribution(int size, int inputs) {
        int gaussian = size - inputs;
        if (gaussian == inputs) {
            return new GaussianReconstructionDistribution();
        }
        if (gaussian == 0) {
            return new BernoulliReconstructionDistribution();
        }
        return new CompositeReconstructionDistribution.Builder()
                .addDistribution(gaussian, new GaussianReconstructionDistribution())
                .addDistribution(inputs - gaussian, new BernoulliReconstructionDistribution()).build();
    }

    private static Map<String, JsonNode> settings(JsonNode object) {
        Map<String, JsonNode> settings = new HashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> fields = object.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (!field.getValue().isNull()) {
                settings.put(field.getKey(), field.getValue());
            }
        }
        return settings;
    }

    private static StepFunction stepFunction(String name) {
        switch (name) {
            case "NegativeGradient": return new NegativeGradientStepFunction();
            case "NegativeDefault": return new NegativeDefaultStepFunction();
            case "Gradient": return new GradientStepFunction();
            case "Default": return new DefaultStepFunction();
            default: throw unknown("step function", name);
        }
    }

    static Map<Integer, Double> schedule(JsonNode object) {
        Map<Integer, Double> schedule = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : settings(object).entrySet()) {
            schedule.put(Integer.valueOf(entry.getKey()), number(entry.getValue()));
        }
        return schedule;
    }

    /** A JSON number, or NaN, Infinity or -Infinity as a string. */
    static double number(JsonNode value) {
        return value.isTextual() ? Double.parseDouble(value.asText()) : value.asDouble();
    }

    private static GradientNormalization normalization(JsonNode value) {
        return GradientNormalization.valueOf(value.asText());
    }

    private static Adapter.UnsupportedException unknown(String what, String name) {
        return new Adapter.UnsupportedException("unknown " + what + " \"" + name + "\"");
    }
}
