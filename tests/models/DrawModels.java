import java.io.File;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;  // since 0.8.0
import org.deeplearning4j.nn.conf.graph.L2Vertex;  // since 0.7.1
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;  // since 0.8.0
import org.deeplearning4j.nn.conf.graph.StackVertex;  // since 0.7.1
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;  // since 0.7.1
import org.deeplearning4j.nn.conf.graph.rnn.DuplicateToTimeSeriesVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;  // since 0.8.0
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;  // since 0.8.0
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;  // since 0.8.0
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;  // since 0.7.1
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;  // since 0.8.0
import org.deeplearning4j.nn.conf.layers.RBM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;  // since 0.8.0
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.variational.BernoulliReconstructionDistribution;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.CompositeReconstructionDistribution;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.ExponentialReconstructionDistribution;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.GaussianReconstructionDistribution;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.LossFunctionWrapper;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;  // since 0.7.2
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;  // since 0.7.2
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.stepfunctions.GradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeDefaultStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeGradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;  // since 0.7.2
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;  // since 0.7.2

/**
 * Draws networks over all types of layers and settings of DL4J 0.8.0, and writes them with it:
 * {@code DrawModels FOLDER float|double SEED COUNT}. The state has random numbers; a third of the networks is a graph.
 */
public final class DrawModels {
    private static final double[] RATES = {0.1, 0.03, 0.5, 1e-3, 0.0, 2.0, 1e-12, 0.1, 0.25};
    private static final double[] COEFFICIENTS = {0.0, 0.1, 0.01, 1e-4, 0.5, -0.1};
    private static final double[] DECAYS = {0.9, 0.99, 0.5, 0.0, 0.999, 1.0};
    private static final double[] EPSILONS = {1e-8, 1e-3, 0.0, 1e-6, 0.1};

    private final Random random;

    private DrawModels(long seed) {
        random = new Random(seed);
    }

    public static void main(String[] arguments) throws Exception {
        Nd4j.setDataType(arguments[1].equals("double") ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);  // since 0.7.1
        long seed = Long.parseLong(arguments[2]);
        for (int written = 0; written < Integer.parseInt(arguments[3]); seed++) {
            DrawModels drawing = new DrawModels(seed);
            Model model;
            try {
                model = drawing.model();
            } catch (IllegalStateException | UnsupportedOperationException refused) {
                continue;
            }
            drawing.write(model, new File(arguments[0], "drawn-" + seed));
            written++;
        }
    }

    private Model model() {
        Model model = random.nextInt(3) == 0 ? graph() : network();
        for (org.deeplearning4j.nn.api.Layer layer : layers(model)) {
            changeAfterTheBuild(layer.conf());
        }
        return model;
    }

    private static org.deeplearning4j.nn.api.Layer[] layers(Model model) {
        return model instanceof ComputationGraph ? ((ComputationGraph) model).getLayers()
                : ((MultiLayerNetwork) model).getLayers();
    }

    private void write(Model model, File file) throws Exception {
        int count = random.nextInt(40);
        INDArray state;
        String yaml;
        String json;
        if (model instanceof ComputationGraph) {
            ComputationGraph graph = (ComputationGraph) model;
            graph.getConfiguration().setIterationCount(count);  // since 0.7.2
            state = graph.getUpdater().getStateViewArray();
            yaml = graph.getConfiguration().toYaml();
            json = graph.getConfiguration().toJson();
        } else {
            MultiLayerNetwork network = (MultiLayerNetwork) model;
            network.getLayerWiseConfigurations().setIterationCount(count);  // since 0.7.2
            state = network.getUpdater().getStateViewArray();
            yaml = network.getLayerWiseConfigurations().toYaml();
            json = network.getLayerWiseConfigurations().toJson();
        }
        if (state != null) {
            for (int i = 0; i < state.length(); i++) {
                state.putScalar(i, Math.abs((float) random.nextGaussian()));
            }
        }
        boolean hasState = random.nextInt(6) > 0;
        ModelSerializer.writeModel(model, new File(file.getPath() + ".zip"), hasState);
        text(new File(file.getPath() + ".yaml"), yaml);
        text(new File(file.getPath() + ".json"), json);
    }

    private static void text(File file, String text) throws Exception {
        try (PrintWriter writer = new PrintWriter(file, "UTF-8")) {
            writer.print(text);
        }
    }

    // --- Settings

    private boolean sometimes() {
        return random.nextInt(3) == 0;
    }

    private double of(double[] values) {
        return values[random.nextInt(values.length)];
    }

    private <T> T of(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private Map<Integer, Double> schedule() {
        Map<Integer, Double> found = new HashMap<>();
        for (int i = random.nextInt(6); i >= 0; i--) {
            found.put(random.nextInt(50), of(DECAYS));
        }
        return found;
    }

    private Updater updater() {
        Updater found = of(Updater.values());
        return found == Updater.CUSTOM ? Updater.NESTEROVS : found;
    }

    private NeuralNetConfiguration.Builder common() {
        NeuralNetConfiguration.Builder found = new NeuralNetConfiguration.Builder().seed(random.nextInt(1000))
                .activation(of(new String[] {"tanh", "relu", "leakyrelu"}))
                .updater(updater()).learningRate(of(RATES));
        if (sometimes()) {
            found.biasLearningRate(of(RATES));
        }
        if (sometimes()) {
            found.momentum(of(DECAYS)).momentumAfter(schedule());
        }
        if (sometimes()) {
            found.rho(of(DECAYS)).rmsDecay(of(DECAYS)).epsilon(of(EPSILONS));
        }
        if (sometimes()) {
            found.adamMeanDecay(of(DECAYS)).adamVarDecay(of(DECAYS));
        }
        if (random.nextBoolean()) {
            found.regularization(random.nextInt(4) > 0).l1(of(COEFFICIENTS)).l2(of(COEFFICIENTS));
            found.l1Bias(of(COEFFICIENTS)).l2Bias(of(COEFFICIENTS));  // since 0.8.0
        }
        if (random.nextBoolean()) {
            found.gradientNormalization(of(GradientNormalization.values())).gradientNormalizationThreshold(of(RATES));
        }
        if (random.nextBoolean()) {
            policy(found);
        }
        if (sometimes()) {
            found.miniBatch(random.nextBoolean()).iterations(1 + random.nextInt(20)).minimize(random.nextBoolean())
                    .useDropConnect(random.nextBoolean()).dropOut(0.5);
        }
        if (random.nextInt(5) == 0) {
            OptimizationAlgorithm algorithm = of(OptimizationAlgorithm.values());
            if (algorithm != OptimizationAlgorithm.HESSIAN_FREE) {
                found.optimizationAlgo(algorithm).maxNumLineSearchIterations(3);
            }
        }
        if (random.nextInt(5) == 0) {
            found.stepFunction(of(new StepFunction[] {new GradientStepFunction(), new NegativeDefaultStepFunction(),
                new NegativeGradientStepFunction()}));
        }
        return found;
    }

    private void policy(NeuralNetConfiguration.Builder builder) {
        LearningRatePolicy policy = of(LearningRatePolicy.values());
        builder.learningRateDecayPolicy(policy);
        switch (policy) {
            case Schedule:
                builder.learningRateSchedule(schedule());
                break;
            case Poly:
                builder.lrPolicyPower(of(new double[] {0.5, 1, 2, 3})).iterations(1 + random.nextInt(60));
                break;
            case Inverse:
                builder.lrPolicyDecayRate(of(DECAYS)).lrPolicyPower(of(new double[] {0.5, 1, 0.75, -1}));
                break;
            case Sigmoid:
            case Step:
            case TorchStep:
                builder.lrPolicyDecayRate(of(DECAYS)).lrPolicySteps(of(new double[] {1, 2, 3, 12, 2.5, 24, 0}));
                break;
            default:
                builder.lrPolicyDecayRate(of(DECAYS));
        }
    }

    private <T extends Layer.Builder<T>> T drawn(T layer) {
        if (sometimes()) {
            layer.updater(updater());
        }
        if (sometimes()) {
            layer.learningRate(of(RATES));
        }
        if (sometimes()) {
            layer.biasLearningRate(of(RATES));
        }
        if (random.nextInt(4) == 0) {
            layer.momentum(of(DECAYS));
        }
        if (random.nextInt(6) == 0) {
            layer.momentumAfter(schedule());
        }
        if (random.nextInt(6) == 0) {
            layer.learningRateSchedule(schedule());
        }
        if (random.nextInt(4) == 0) {
            layer.epsilon(of(EPSILONS));
        }
        if (random.nextInt(4) == 0) {
            layer.rho(of(DECAYS)).rmsDecay(of(DECAYS)).adamMeanDecay(of(DECAYS)).adamVarDecay(of(DECAYS));
        }
        if (sometimes()) {
            layer.l1(of(COEFFICIENTS));
            layer.l2Bias(of(COEFFICIENTS));  // since 0.8.0
        }
        if (sometimes()) {
            layer.l2(of(COEFFICIENTS));
            layer.l1Bias(of(COEFFICIENTS));  // since 0.8.0
        }
        if (sometimes()) {
            layer.gradientNormalization(of(GradientNormalization.values())).gradientNormalizationThreshold(of(RATES));
        }
        if (random.nextInt(4) == 0) {
            layer.name(of(new String[] {"a_b", "hidden.1", "Schicht \u00fc", "0", "layer \"x\"", "_"}));
        }
        if (random.nextInt(4) == 0) {
            layer.dropOut(0.3).biasInit(0.5);
        }
        return layer;
    }

    /** What can be set on a built network, by parameter or by layer. */
    private void changeAfterTheBuild(NeuralNetConfiguration conf) {
        if (random.nextInt(4) > 0) {
            return;
        }
        for (String name : conf.variables()) {
            if (sometimes()) {
                conf.setLearningRateByParam(name, of(RATES));
            }
            if (sometimes()) {
                conf.getL1ByParam().put(name, of(COEFFICIENTS));
                conf.getL2ByParam().put(name, of(COEFFICIENTS));
            }
        }
        if (sometimes()) {
            conf.setPretrain(random.nextBoolean());  // since 0.7.1
        }
        if (sometimes()) {
            conf.setMiniBatch(!conf.isMiniBatch());
        }
        if (sometimes()) {
            conf.setUseRegularization(!conf.isUseRegularization());
        }
        if (random.nextInt(6) == 0) {
            conf.setLearningRatePolicy(LearningRatePolicy.Exponential);
            conf.setLrPolicyDecayRate(0.875);
        }
    }

    // --- Layers

    private Layer layer() {
        int in = 1 + random.nextInt(6);
        int out = 1 + random.nextInt(6);
        switch (random.nextInt(20)) {
            case 0:
                return drawn(new EmbeddingLayer.Builder()).nIn(in).nOut(out).build();
            case 1:
                return drawn(new ConvolutionLayer.Builder(1 + random.nextInt(4), 1 + random.nextInt(3))).nIn(in).nOut(out)
                        .build();
            // since 0.8.0:
            case 2:
                return drawn(new Convolution1DLayer.Builder(1 + random.nextInt(4))).nIn(in).nOut(out).build();
            // end
            case 3:
                return drawn(new GravesLSTM.Builder()).nIn(in).nOut(out).build();
            case 4:
                return drawn(new GravesBidirectionalLSTM.Builder()).nIn(in).nOut(out).build();
            case 5:
                return drawn(new AutoEncoder.Builder()).nIn(in).nOut(out).corruptionLevel(0.2).sparsity(0.1).build();
            case 6:
                return drawn(new RBM.Builder()).nIn(in).nOut(out).k(2).build();
            case 7:
            case 8:
                return drawn(new BatchNormalization.Builder().lockGammaBeta(random.nextInt(3) == 0)).nIn(out).nOut(out)
                        .decay(0.8).build();
            case 9:
                return without();
            // since 0.7.2:
            case 10:
            case 11:
                return drawn(new VariationalAutoencoder.Builder()).nIn(in).nOut(out).encoderLayerSizes(sizes())
                        .decoderLayerSizes(sizes()).reconstructionDistribution(distribution(in)).build();
            // end
            case 12:
                return drawn(new RnnOutputLayer.Builder(LossFunction.MCXENT)).nIn(in).nOut(out).build();
            case 13:
                return drawn(new OutputLayer.Builder(LossFunction.NEGATIVELOGLIKELIHOOD)).nIn(in).nOut(out).build();
            default:
                return drawn(new DenseLayer.Builder()).nIn(in).nOut(out).build();
        }
    }

    private Layer output() {
        // since 0.8.0:
        if (random.nextInt(4) == 0) {
            return drawn(new CenterLossOutputLayer.Builder(LossFunction.MSE)).nIn(2).nOut(3).lambda(0.1).build();
        }
        // end
        return drawn(new OutputLayer.Builder(LossFunction.MSE)).nIn(2).nOut(1 + random.nextInt(3)).build();
    }

    private Layer without() {
        switch (random.nextInt(8)) {
            // since 0.7.2:
            case 1:
                return new DropoutLayer.Builder(0.25).build();
            // end
            // since 0.7.1:
            case 2:
                return new LossLayer.Builder(LossFunction.MSE).build();
            // end
            case 3:
                return new LocalResponseNormalization.Builder().build();
            case 4:
                return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG).build();
            // since 0.8.0:
            case 5:
                return new Subsampling1DLayer.Builder().build();
            case 6:
                return new GlobalPoolingLayer.Builder(PoolingType.PNORM).pnorm(3).build();
            // end
            default:
                return new ActivationLayer.Builder().build();
        }
    }

    // since 0.7.2:
    private int[] sizes() {
        int[] found = new int[1 + random.nextInt(3)];
        for (int i = 0; i < found.length; i++) {
            found[i] = 1 + random.nextInt(4);
        }
        return found;
    }

    private ReconstructionDistribution distribution(int size) {
        switch (random.nextInt(size > 1 ? 5 : 4)) {
            case 0:
                return new BernoulliReconstructionDistribution();
            case 1:
                return new ExponentialReconstructionDistribution("identity");
            case 2:
                return new LossFunctionWrapper(Activation.IDENTITY.getActivationFunction(), new LossMSE());
            case 3:
                return new GaussianReconstructionDistribution("tanh");
            default:
                int first = 1 + random.nextInt(size - 1);
                return new CompositeReconstructionDistribution.Builder().addDistribution(first, distribution(first))
                        .addDistribution(size - first, distribution(size - first)).build();
        }
    }
    // end

    // --- Networks

    private MultiLayerNetwork network() {
        NeuralNetConfiguration.ListBuilder list = common().list();
        int count = 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            list.layer(i, layer());
        }
        list.layer(count, output());
        list.pretrain(random.nextBoolean());
        if (sometimes()) {
            list.inputPreProcessor(0, new CnnToFeedForwardPreProcessor(2, 2, 3));
        }
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        return network;
    }

    private ComputationGraph graph() {
        ComputationGraphConfiguration.GraphBuilder builder = common().graphBuilder();
        List<String> names = new ArrayList<>(Arrays.asList("in", "in_2"));
        builder.addInputs("in", "in_2");
        List<String> ends = new ArrayList<>(names);
        int count = 3 + random.nextInt(9);
        for (int i = 0; i < count; i++) {
            String name = of(new String[] {"v", "a_b_", "Knoten ", "x.y", "-"}) + i;
            int inputs = 1 + random.nextInt(3);
            List<String> sources = new ArrayList<>();
            for (int j = 0; j < inputs; j++) {
                String source = names.get(random.nextInt(names.size()));
                if (!sources.contains(source)) {
                    sources.add(source);
                }
            }
            String[] given = sources.toArray(new String[0]);
            if (random.nextInt(3) > 0) {
                Layer layer = layer();
                if (given.length == 1 && sometimes()) {
                    builder.addLayer(name, layer, sometimes() ? new FeedForwardToRnnPreProcessor()
                            : new RnnToFeedForwardPreProcessor(), given);
                } else {
                    builder.addLayer(name, layer, given);
                }
            } else {
                builder.addVertex(name, vertex(given), given);
            }
            ends.removeAll(sources);
            ends.add(name);
            names.add(name);
        }
        List<String> outputs = new ArrayList<>();
        for (String end : ends) {
            String name = "out " + end;
            builder.addLayer(name, output(), end);
            outputs.add(name);
        }
        builder.setOutputs(outputs.toArray(new String[0])).pretrain(random.nextBoolean());
        ComputationGraph graph = new ComputationGraph(builder.build());
        graph.init();
        return graph;
    }

    private GraphVertex vertex(String[] inputs) {
        if (inputs.length == 1) {
            switch (random.nextInt(7)) {
                case 0:
                    return new SubsetVertex(0, 1);
                // since 0.8.0:
                case 1:
                    return new ScaleVertex(0.5);
                case 2:
                    return new L2NormalizeVertex();
                // end
                // since 0.7.1:
                case 3:
                    return new UnstackVertex(0, 2);
                // end
                case 4:
                    return new PreprocessorVertex(new RnnToFeedForwardPreProcessor());
                case 5:
                    return new LastTimeStepVertex("in");
                default:
                    return new DuplicateToTimeSeriesVertex("in");
            }
        }
        switch (random.nextInt(inputs.length == 2 ? 4 : 3)) {
            case 0:
                return new ElementWiseVertex(ElementWiseVertex.Op.Add);
            // since 0.7.1:
            case 2:
                return new StackVertex();
            case 3:
                return new L2Vertex();
            // end
            default:
                return new MergeVertex();
        }
    }
}
