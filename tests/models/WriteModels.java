import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RBM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.variational.BernoulliReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.CompositeReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.ExponentialReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.GaussianReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.LossFunctionWrapper;
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.stepfunctions.GradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeDefaultStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.NegativeGradientStepFunction;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/**
 * Writes models with DL4J 0.8.0: {@code WriteModels FOLDER float|double [ZIP...]}. Beside each NAME.zip stands
 * NAME.jsonl.gz, with the next ten updates that DL4J makes after it has restored the zip, as lines of a trace
 * (docs/trace.md). The files of older versions are made of those of 0.8.0, whose JSON is rewritten before DL4J reads it.
 * Of zips that are given, only these updates are written.
 */
public final class WriteModels {
    private static final int UPDATES = 10;
    private final File folder;
    private final boolean isDouble;
    private final Map<String, Model> models = new LinkedHashMap<>();
    private final Map<String, UnaryOperator<String>> rewritten = new HashMap<>();

    private WriteModels(File folder, boolean isDouble) {
        this.folder = folder;
        this.isDouble = isDouble;
    }

    public static void main(String[] arguments) throws Exception {
        boolean isDouble = arguments[1].equals("double");
        Nd4j.setDataType(isDouble ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
        findTypes();
        WriteModels writing = new WriteModels(new File(arguments[0]), isDouble);
        for (int i = 2; i < arguments.length; i++) {
            File zip = new File(arguments[i]);
            String name = zip.getName().replaceAll("\\.zip$", "");
            writing.nextUpdates(name, restored(zip), new Random(name.hashCode()));
        }
        if (arguments.length > 2) {
            return;
        }
        writing.updaters();
        writing.policies();
        writing.settings();
        writing.layerTypes();
        writing.optimizers();
        writing.graphs();
        writing.changedAfterTheBuild();
        writing.olderFiles();
        for (String name : writing.models.keySet()) {
            writing.write(name);
        }
    }

    /** Lets DL4J find all types of layers, as in Java 8: it asks the class loader for the class path. */
    private static void findTypes() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String part : System.getProperty("java.class.path").split(File.pathSeparator)) {
            File[] jars = part.endsWith("*") ? new File(part).getParentFile().listFiles() : new File[] {new File(part)};
            for (File jar : jars) {
                urls.add(jar.toURI().toURL());
            }
        }
        Thread.currentThread().setContextClassLoader(
                new URLClassLoader(urls.toArray(new URL[0]), WriteModels.class.getClassLoader()));
    }

    // --- The networks

    private static NeuralNetConfiguration.Builder common() {
        return new NeuralNetConfiguration.Builder().seed(12345).activation(Activation.TANH);
    }

    private static DenseLayer.Builder dense(int in, int out) {
        return new DenseLayer.Builder().nIn(in).nOut(out);
    }

    private static OutputLayer.Builder output(int in, int out) {
        return new OutputLayer.Builder(LossFunction.MSE).nIn(in).nOut(out);
    }

    private static MultiLayerNetwork network(NeuralNetConfiguration.Builder builder, Layer... layers) {
        NeuralNetConfiguration.ListBuilder list = builder.list();
        for (int i = 0; i < layers.length; i++) {
            list.layer(i, layers[i]);
        }
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        return network;
    }

    private static MultiLayerNetwork small(NeuralNetConfiguration.Builder builder) {
        return network(builder, dense(3, 4).build(), output(4, 2).build());
    }

    private static Map<Integer, Double> schedule(Object... entries) {
        Map<Integer, Double> found = new HashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            found.put((Integer) entries[i], (Double) entries[i + 1]);
        }
        return found;
    }

    private void add(String name, Model model) {
        models.put(name, model);
    }

    private void updaters() {
        for (Updater updater : Updater.values()) {
            if (updater != Updater.CUSTOM) {
                add("updater-" + updater.name().toLowerCase() + "-defaults", small(common().updater(updater)));
            }
        }
        add("updater-adam-own", small(common().updater(Updater.ADAM).learningRate(0.02).adamMeanDecay(0.8)
                .adamVarDecay(0.99).epsilon(1e-3)));
        add("updater-adam-epsilon-0", small(common().updater(Updater.ADAM).epsilon(0.0)));
        add("updater-adadelta-own", small(common().updater(Updater.ADADELTA).rho(0.9).epsilon(1e-4)));
        add("updater-nesterovs-own", small(common().updater(Updater.NESTEROVS).learningRate(0.03).momentum(0.8)
                .momentumAfter(schedule(1, 0.7, 4, 0.6, 6, 0.55))));
        add("updater-adagrad-own", small(common().updater(Updater.ADAGRAD).epsilon(0.1)));
        add("updater-rmsprop-own", small(common().updater(Updater.RMSPROP).rmsDecay(0.9).epsilon(1e-5)));
        add("updater-of-each-layer", network(common().updater(Updater.ADAM).learningRate(0.05),
                dense(2, 3).updater(Updater.NESTEROVS).momentum(0.6).build(),
                dense(3, 3).updater(Updater.SGD).learningRate(0.4).biasLearningRate(0.01).build(),
                dense(3, 2).updater(Updater.RMSPROP).rmsDecay(0.5).build(),
                output(2, 2).build()));
    }

    private void policies() {
        NeuralNetConfiguration.Builder[] builders = {
            common().learningRateDecayPolicy(LearningRatePolicy.Exponential).lrPolicyDecayRate(0.9),
            common().learningRateDecayPolicy(LearningRatePolicy.Inverse).lrPolicyDecayRate(0.5).lrPolicyPower(0.75),
            common().learningRateDecayPolicy(LearningRatePolicy.Poly).lrPolicyPower(0.5).iterations(20),
            common().learningRateDecayPolicy(LearningRatePolicy.Sigmoid).lrPolicyDecayRate(0.5).lrPolicySteps(4),
            common().learningRateDecayPolicy(LearningRatePolicy.Step).lrPolicyDecayRate(0.5).lrPolicySteps(3),
            common().learningRateDecayPolicy(LearningRatePolicy.TorchStep).lrPolicyDecayRate(0.5).lrPolicySteps(12),
            common().learningRateDecayPolicy(LearningRatePolicy.Schedule)
                    .learningRateSchedule(schedule(1, 0.3, 5, 0.2, 9, 0.01)),
            common().learningRateDecayPolicy(LearningRatePolicy.Score).lrPolicyDecayRate(0.5),
        };
        String[] names = {"exponential", "inverse", "poly", "sigmoid", "step", "torchstep", "schedule", "score"};
        for (int i = 0; i < builders.length; i++) {
            Updater updater = i % 2 == 0 ? Updater.ADAM : Updater.NESTEROVS;
            add("policy-" + names[i], small(builders[i].updater(updater).learningRate(0.25).biasLearningRate(0.125)));
        }
    }

    private void settings() {
        for (GradientNormalization strategy : GradientNormalization.values()) {
            add("normalization-" + strategy.name().toLowerCase(), small(common().updater(Updater.ADAGRAD)
                    .gradientNormalization(strategy).gradientNormalizationThreshold(0.3)));
        }
        add("penalties", small(common().updater(Updater.RMSPROP).regularization(true).l1(0.01).l2(0.02).l1Bias(0.03)
                .l2Bias(0.04)));
        add("penalties-of-each-layer", network(common().updater(Updater.ADAM).regularization(true).l2(0.5),
                dense(2, 3).l1(0.1).build(), dense(3, 2).l2(0.0).l2Bias(0.25).build(), output(2, 1).build()));
        add("penalties-off", small(common().updater(Updater.SGD).l1(0.01).l2(0.02)));
        add("no-minibatch", small(common().updater(Updater.ADADELTA).rho(0.95).miniBatch(false)));
        add("iterations", small(common().updater(Updater.SGD).iterations(3)));
        add("large-norms", network(common().updater(Updater.SGD)
                .gradientNormalization(GradientNormalization.RenormalizeL2PerLayer), dense(9, 7).build(),
                output(7, 5).build()));
    }

    private void layerTypes() {
        NeuralNetConfiguration.Builder adam = common().updater(Updater.ADAM).regularization(true).l2(0.1).l1Bias(0.2)
                .biasLearningRate(0.01);
        add("layer-embedding", network(adam.clone(), new EmbeddingLayer.Builder().nIn(5).nOut(2).build(),
                output(2, 2).build()));
        add("layer-convolution", network(adam.clone(), new ConvolutionLayer.Builder(3, 2).nIn(2).nOut(3).build(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).build(),
                new LocalResponseNormalization.Builder().build(),
                new ConvolutionLayer.Builder(1, 1).nIn(3).nOut(1).build(), new GlobalPoolingLayer.Builder().build(),
                output(1, 2).build()));
        add("layer-convolution1d", network(adam.clone(), new Convolution1DLayer.Builder(3).nIn(2).nOut(2).build(),
                new Subsampling1DLayer.Builder().build(), new RnnOutputLayer.Builder(LossFunction.MSE).nIn(2).nOut(2)
                .build()));
        add("layer-graves-lstm", network(adam.clone(), new GravesLSTM.Builder().nIn(2).nOut(3).build(),
                new RnnOutputLayer.Builder(LossFunction.MSE).nIn(3).nOut(2).build()));
        add("layer-graves-bidirectional-lstm", network(adam.clone(),
                new GravesBidirectionalLSTM.Builder().nIn(2).nOut(2).build(),
                new RnnOutputLayer.Builder(LossFunction.MSE).nIn(2).nOut(1).build()));
        add("layer-auto-encoder", pretrained(network(adam.clone(), new AutoEncoder.Builder().nIn(3).nOut(2).build(),
                output(2, 2).build())));
        add("layer-auto-encoder-no-pretraining", network(adam.clone(),
                new AutoEncoder.Builder().nIn(3).nOut(2).build(), output(2, 2).build()));
        add("layer-rbm", pretrained(network(adam.clone(), new RBM.Builder().nIn(3).nOut(2).build(),
                output(2, 2).build())));
        add("layer-batch-normalization", network(adam.clone(), dense(3, 2).build(),
                new BatchNormalization.Builder().nIn(2).nOut(2).build(), output(2, 2).build()));
        add("layer-batch-normalization-locked", network(adam.clone(), dense(3, 2).build(),
                new BatchNormalization.Builder().nIn(2).nOut(2).lockGammaBeta(true).build(), output(2, 2).build()));
        add("layer-center-loss", network(adam.clone(), dense(3, 2).build(),
                new CenterLossOutputLayer.Builder(LossFunction.MSE).nIn(2).nOut(3).alpha(0.3).build()));
        add("layer-without-parameters", network(adam.clone(), dense(3, 2).build(), new ActivationLayer.Builder().build(),
                new DropoutLayer.Builder(0.5).build(), new LossLayer.Builder(LossFunction.MSE).build()));
        ReconstructionDistribution[] distributions = {
            new GaussianReconstructionDistribution(),
            new BernoulliReconstructionDistribution(),
            new ExponentialReconstructionDistribution("identity"),
            new LossFunctionWrapper(Activation.IDENTITY.getActivationFunction(), new LossMSE()),
            new CompositeReconstructionDistribution.Builder()
                    .addDistribution(1, new GaussianReconstructionDistribution())
                    .addDistribution(2, new BernoulliReconstructionDistribution()).build(),
        };
        String[] names = {"gaussian", "bernoulli", "exponential", "loss", "composite"};
        for (int i = 0; i < names.length; i++) {
            add("layer-variational-" + names[i], network(adam.clone(), new VariationalAutoencoder.Builder().nIn(3).nOut(2)
                    .encoderLayerSizes(i == 0 ? new int[] {2} : new int[] {3, 2}).decoderLayerSizes(2)
                    .reconstructionDistribution(distributions[i]).build(), output(2, 1).build()));
        }
    }

    private static MultiLayerNetwork pretrained(MultiLayerNetwork network) {
        network.getLayer(0).conf().setPretrain(true);
        return network;
    }

    private void optimizers() {
        // DL4J has no optimizer for HESSIAN_FREE, and restores no network with it.
        for (OptimizationAlgorithm algorithm : new OptimizationAlgorithm[] {
                OptimizationAlgorithm.LINE_GRADIENT_DESCENT, OptimizationAlgorithm.CONJUGATE_GRADIENT,
                OptimizationAlgorithm.LBFGS}) {
            add("algorithm-" + algorithm.name().toLowerCase().replace('_', '-'),
                    small(common().updater(Updater.NESTEROVS).optimizationAlgo(algorithm)));
        }
        add("step-gradient", small(common().stepFunction(new GradientStepFunction())));
        add("step-negative-default", small(common().stepFunction(new NegativeDefaultStepFunction())));
        add("step-negative-gradient", small(common().stepFunction(new NegativeGradientStepFunction())));
    }

    private static ComputationGraph graph(ComputationGraphConfiguration.GraphBuilder builder) {
        ComputationGraph graph = new ComputationGraph(builder.build());
        graph.init();
        return graph;
    }

    private void graphs() {
        add("graph-chain", graph(common().updater(Updater.ADAM).graphBuilder().addInputs("in")
                .addLayer("first_a", dense(2, 3).build(), "in").addLayer("second", output(3, 2).build(), "first_a")
                .setOutputs("second")));
        add("graph-added-backwards", graph(common().updater(Updater.RMSPROP).regularization(true).l2(0.1).graphBuilder()
                .addInputs("in").addLayer("z", output(3, 2).build(), "y").addLayer("y", dense(2, 3).build(), "x")
                .addLayer("x", dense(2, 2).build(), "in").setOutputs("z")));
        add("graph-branches", graph(common().updater(Updater.NESTEROVS).regularization(true).l1(0.1)
                .gradientNormalization(GradientNormalization.ClipL2PerLayer).graphBuilder().addInputs("p", "q")
                .addLayer("right", dense(2, 3).build(), "q").addLayer("left", dense(2, 3).build(), "p")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "left", "right")
                .addVertex("both", new MergeVertex(), "left", "right").addLayer("one", output(3, 1).build(), "sum")
                .addLayer("two", dense(6, 2).updater(Updater.ADAGRAD).build(), "both").addLayer("three",
                output(2, 1).build(), "two").setOutputs("one", "three")));
        for (int seed = 1; seed <= 4; seed++) {
            add("graph-random-" + seed, random(seed));
        }
    }

    /** Many vertices with several inputs, added in an order that is not theirs in the graph. */
    private static ComputationGraph random(int seed) {
        Random random = new Random(seed);
        int count = 24;
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            order.add(i);
        }
        java.util.Collections.shuffle(order, random);
        List<List<String>> sources = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> found = new ArrayList<>();
            // Many are fed by the same vertices, so that the order of a set with more than 12 numbers counts.
            for (int j = 0; j < 1 + random.nextInt(3); j++) {
                int of = random.nextInt(3) == 0 ? random.nextInt(i + 1) : random.nextInt(Math.min(i, 2) + 1);
                String name = of == 0 ? "in" : "v" + (of - 1);
                if (!found.contains(name)) {
                    found.add(name);
                }
            }
            sources.add(found);
        }
        ComputationGraphConfiguration.GraphBuilder builder = common().updater(Updater.ADAM).regularization(true).l2(0.1)
                .graphBuilder().addInputs("in");
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outputs.add("v" + i);
        }
        for (int i : order) {
            outputs.removeAll(sources.get(i));
            String[] inputs = sources.get(i).toArray(new String[0]);
            builder.addLayer("v" + i, dense(inputs.length, 1).build(), inputs);
        }
        // What feeds nothing is an output: DL4J trains no graph with a dead end.
        return graph(builder.setOutputs(outputs.toArray(new String[0])));
    }

    private void changedAfterTheBuild() {
        MultiLayerNetwork rates = small(common().updater(Updater.ADAM));
        rates.getLayer(0).conf().setLearningRateByParam("W", 0.5);
        rates.getLayer(1).conf().setLearningRateByParam("b", 0.0);
        add("changed-rates", rates);
        MultiLayerNetwork policies = small(common().updater(Updater.SGD));
        policies.getLayer(1).conf().setLearningRatePolicy(LearningRatePolicy.Step);
        policies.getLayer(1).conf().setLrPolicyDecayRate(0.5);
        policies.getLayer(1).conf().setLrPolicySteps(2);
        policies.getLayer(1).conf().setMiniBatch(false);
        add("changed-policy-of-one-layer", policies);
        MultiLayerNetwork penalties = small(common().updater(Updater.SGD).l2(0.5));
        penalties.getLayer(1).conf().setUseRegularization(true);
        penalties.getLayer(1).conf().setL1ByParam(schedule("b", 0.125, "W", 0.0));
        add("changed-penalties-of-one-layer", penalties);
        MultiLayerNetwork frozen = small(common().updater(Updater.ADAGRAD));
        frozen.getLayers()[0] = new FrozenLayer<>(frozen.getLayer(0));
        add("frozen", frozen);
    }

    private static Map<String, Double> schedule(String first, double one, String second, double two) {
        Map<String, Double> found = new HashMap<>();
        found.put(first, one);
        found.put(second, two);
        return found;
    }

    /** As 0.5.0, 0.6.0 and 0.7.1 wrote them: without epsilon, or with NaN where it was not set. */
    private void olderFiles() {
        for (Updater updater : new Updater[] {Updater.ADAM, Updater.ADADELTA, Updater.ADAGRAD, Updater.RMSPROP,
                Updater.NESTEROVS}) {
            for (String version : new String[] {"0.5.0", "0.6.0", "0.7.1"}) {
                String name = "older-" + version + "-" + updater.name().toLowerCase();
                NeuralNetConfiguration.Builder builder = common().updater(updater).regularization(true).l2(0.1)
                        .l2Bias(0.2);
                add(name, small(updater == Updater.ADADELTA ? builder.rho(0.95) : builder));
                rewritten.put(name, json -> older(json, version));
            }
        }
    }

    private static String older(String json, String version) {
        String found = json
                .replaceAll("(?s)\"activationFn\" : \\{\\s*\"(\\w+)\" : \\{ \\}\\s*\\}", "\"activationFunction\" : \"$1\"")
                .replace("\"l1Bias\"", "\"biasL1\"").replace("\"l2Bias\"", "\"biasL2\"")
                .replaceAll("\\s*\"iterationCount\" : \\d+,", "");
        found = version.equals("0.5.0") ? found.replaceAll("\\s*\"epsilon\" : [^,]+,", "")
                : found.replaceAll("\"epsilon\" : [^,]+,", "\"epsilon\" : \"NaN\",");
        return version.equals("0.7.1") ? found : found.replaceAll("(\"optimizationAlgo\" : [^,]+,)\\s*\"pretrain\" : \\w+,",
                "$1");
    }

    // --- Training and writing

    private void write(String name) throws Exception {
        Random random = new Random(name.hashCode());
        File zip = new File(folder, name + ".zip");
        Model model = models.get(name);
        for (int i = 0; i < 2; i++) {
            INDArray flat = random(model, random);
            update(model, flat, parts(model, flat), i, 3);
        }
        count(model, 2);
        ModelSerializer.writeModel(model, zip, true);
        if (rewritten.containsKey(name)) {
            rewrite(zip, rewritten.get(name));
        }
        Model restored = restored(zip);
        try (PrintWriter yaml = new PrintWriter(new File(folder, name + ".yaml"), "UTF-8")) {
            yaml.print(restored instanceof ComputationGraph ? ((ComputationGraph) restored).getConfiguration().toYaml()
                    : ((MultiLayerNetwork) restored).getLayerWiseConfigurations().toYaml());
        }
        nextUpdates(name, restored, random);
    }

    private static Model restored(File zip) throws Exception {
        try (ZipFile file = new ZipFile(zip)) {
            String json = new String(bytes(file.getInputStream(file.getEntry("configuration.json"))), "UTF-8");
            return json.contains("\"vertexInputs\"") ? ModelSerializer.restoreComputationGraph(zip, true)
                    : ModelSerializer.restoreMultiLayerNetwork(zip, true);
        }
    }

    private void nextUpdates(String name, Model restored, Random random) throws Exception {
        try (PrintWriter lines = new PrintWriter(new OutputStreamWriter(
                new GZIPOutputStream(new FileOutputStream(new File(folder, name + ".jsonl.gz"))), "UTF-8"))) {
            for (int i = 0; i < UPDATES; i++) {
                INDArray flat = random(restored, random);
                Map<String, INDArray> gradients = parts(restored, flat);
                String given = byKey(gradients);
                int iteration = count(restored) + i;
                update(restored, flat, gradients, iteration, 1 + i % 3);
                lines.println("{\"iteration\": " + iteration + ", \"batch_size\": " + (1 + i % 3)
                        + ", \"score\": \"" + bits(i + 1) + "\", \"gradients\": " + given + ", \"updates\": "
                        + byKey(gradients) + ", \"params\": " + byKey(restored.paramTable()) + ", \"state\": "
                        + hex(state(restored)) + ", \"learning_rates\": " + rates(restored) + "}");
            }
        }
    }

    /** Updates as the optimizer does: the step takes the whole vector, of which the gradients are views. */
    private static void update(Model model, INDArray flat, Map<String, INDArray> gradients, int iteration, int batchSize) {
        Gradient gradient = new DefaultGradient();
        for (Map.Entry<String, INDArray> entry : gradients.entrySet()) {
            gradient.setGradientFor(entry.getKey(), entry.getValue());
        }
        if (model instanceof ComputationGraph) {
            ComputationGraph graph = (ComputationGraph) model;
            graph.getUpdater().update(graph, gradient, iteration, batchSize);
        } else {
            MultiLayerNetwork network = (MultiLayerNetwork) model;
            network.getUpdater().update(network, gradient, iteration, batchSize);
        }
        if (model.conf().getStepFunction() instanceof GradientStepFunction) {
            model.params().addi(flat);
        } else {
            model.params().subi(flat);
        }
    }

    private static INDArray random(Model model, Random random) {
        INDArray flat = Nd4j.create(1, model.params().length());
        for (int i = 0; i < flat.length(); i++) {
            flat.putScalar(i, (float) random.nextGaussian());
        }
        return flat;
    }

    /** The parts of a vector by parameter, where the parameters lie in theirs. */
    private static Map<String, INDArray> parts(Model model, INDArray flat) {
        Map<String, INDArray> found = new LinkedHashMap<>();
        for (Map.Entry<String, INDArray> entry : model.paramTable().entrySet()) {
            INDArray parameter = entry.getValue();
            long start = parameter.offset();
            INDArray part = flat.get(NDArrayIndex.point(0),
                    NDArrayIndex.interval((int) start, (int) start + parameter.length()));
            found.put(entry.getKey(), part.reshape(parameter.ordering(), parameter.shape()));
        }
        return found;
    }

    /** The learning rates of all parameters, as the bits of doubles. */
    private static String rates(Model model) {
        StringBuilder text = new StringBuilder();
        org.deeplearning4j.nn.api.Layer[] layers = model instanceof ComputationGraph
                ? ((ComputationGraph) model).getLayers() : ((MultiLayerNetwork) model).getLayers();
        for (int i = 0; i < layers.length; i++) {
            String name = model instanceof ComputationGraph ? layers[i].conf().getLayer().getLayerName()
                    : String.valueOf(i);
            for (String parameter : layers[i].paramTable().keySet()) {
                text.append(text.length() > 0 ? ", " : "").append('"').append(name).append('_').append(parameter)
                        .append("\": \"").append(bits(layers[i].conf().getLearningRateByParam(parameter))).append('"');
            }
        }
        return "{" + text + "}";
    }

    private static String bits(double value) {
        return String.format("%016x", Double.doubleToRawLongBits(value));
    }

    private static int count(Model model) {
        return model instanceof ComputationGraph ? ((ComputationGraph) model).getConfiguration().getIterationCount()
                : ((MultiLayerNetwork) model).getLayerWiseConfigurations().getIterationCount();
    }

    private static void count(Model model, int count) {
        if (model instanceof ComputationGraph) {
            ((ComputationGraph) model).getConfiguration().setIterationCount(count);
        } else {
            ((MultiLayerNetwork) model).getLayerWiseConfigurations().setIterationCount(count);
        }
    }

    private static INDArray state(Model model) {
        return model instanceof ComputationGraph ? ((ComputationGraph) model).getUpdater().getStateViewArray()
                : ((MultiLayerNetwork) model).getUpdater().getStateViewArray();
    }

    private static void rewrite(File zip, UnaryOperator<String> change) throws Exception {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile file = new ZipFile(zip)) {
            for (Enumeration<? extends ZipEntry> found = file.entries(); found.hasMoreElements(); ) {
                ZipEntry entry = found.nextElement();
                entries.put(entry.getName(), bytes(file.getInputStream(entry)));
            }
        }
        try (ZipOutputStream file = new ZipOutputStream(new FileOutputStream(zip))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                boolean isText = entry.getKey().endsWith(".json");
                file.putNextEntry(new ZipEntry(entry.getKey()));
                file.write(isText ? change.apply(new String(entry.getValue(), "UTF-8")).getBytes("UTF-8")
                        : entry.getValue());
                file.closeEntry();
            }
        }
    }

    private static byte[] bytes(InputStream stream) throws Exception {
        ByteArrayOutputStream found = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        for (int length; (length = stream.read(part)) >= 0; ) {
            found.write(part, 0, length);
        }
        return found.toByteArray();
    }

    private String byKey(Map<String, INDArray> arrays) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, INDArray> entry : arrays.entrySet()) {
            text.append(text.length() > 0 ? ", " : "").append('"').append(entry.getKey()).append("\": ")
                    .append(hex(entry.getValue()));
        }
        return "{" + text + "}";
    }

    /** The bits of an array, in the order in which its elements lie: 8 or 16 digits for each. */
    private String hex(INDArray array) {
        if (array == null) {
            return "null";
        }
        INDArray flat = Nd4j.toFlattened(array.ordering(), array);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < flat.length(); i++) {
            double value = flat.getDouble(i);
            text.append(i > 0 ? ", \"" : "\"").append(isDouble ? bits(value)
                    : String.format("%08x", Float.floatToRawIntBits((float) value))).append('"');
        }
        return "[" + text + "]";
    }
}
