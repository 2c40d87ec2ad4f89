import java.io.File;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Trains a network with each updater of DL4J 0.8.0 on given gradients. {@code RoundTrip train FOLDER float|double} saves
 * it as UPDATER.30.zip, UPDATER.60.zip and UPDATER.90.zip, restores it each time, and writes the gradients.
 * {@code RoundTrip finish FOLDER float|double} takes UPDATER.other.60.zip through the last 30 iterations, and saves it
 * as UPDATER.other.90.zip.
 */
public final class RoundTrip {
    private static final int PART = 30;

    public static void main(String[] arguments) throws Exception {
        Nd4j.setDataType(arguments[2].equals("double") ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
        File folder = new File(arguments[1]);
        for (Updater updater : Updater.values()) {
            if (updater == Updater.CUSTOM) {
                continue;
            }
            String name = updater.name().toLowerCase();
            MultiLayerNetwork network = network(updater);
            List<INDArray> gradients = gradients(network, name);
            if (arguments[0].equals("finish")) {
                network = ModelSerializer.restoreMultiLayerNetwork(new File(folder, name + ".other.60.zip"), true);
                train(network, gradients.subList(2 * PART, 3 * PART));
                ModelSerializer.writeModel(network, new File(folder, name + ".other.90.zip"), true);
                continue;
            }
            for (int end = PART; end <= 3 * PART; end += PART) {
                train(network, gradients.subList(end - PART, end));
                File zip = new File(folder, name + "." + end + ".zip");
                ModelSerializer.writeModel(network, zip, true);
                network = ModelSerializer.restoreMultiLayerNetwork(zip, true);
            }
            try (PrintWriter lines = new PrintWriter(new File(folder, name + ".txt"), "UTF-8")) {
                for (INDArray gradient : gradients) {
                    lines.println(text(gradient));
                }
            }
        }
    }

    private static MultiLayerNetwork network(Updater updater) {
        NeuralNetConfiguration.Builder builder = new NeuralNetConfiguration.Builder().seed(12345)
                .activation(Activation.TANH).updater(updater).learningRate(0.05).regularization(true).l2(0.01)
                .gradientNormalization(GradientNormalization.ClipL2PerLayer).gradientNormalizationThreshold(1.5)
                .learningRateDecayPolicy(LearningRatePolicy.Step).lrPolicyDecayRate(0.9).lrPolicySteps(20);
        if (updater == Updater.NESTEROVS) {
            Map<Integer, Double> momenta = new LinkedHashMap<>();
            momenta.put(10, 0.8);
            momenta.put(45, 0.7);
            builder.momentum(0.6).momentumAfter(momenta);
        }
        MultiLayerConfiguration configuration = builder.list()
                .layer(0, new DenseLayer.Builder().nIn(3).nOut(4).l1(0.003).build())
                .layer(1, new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(2).biasLearningRate(0.02).build())
                .build();
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        return network;
    }

    private static List<INDArray> gradients(MultiLayerNetwork network, String name) {
        Random random = new Random(name.hashCode());
        List<INDArray> found = new ArrayList<>();
        for (int i = 0; i < 3 * PART; i++) {
            INDArray gradient = Nd4j.create(1, network.params().length());
            for (int j = 0; j < gradient.length(); j++) {
                gradient.putScalar(j, (float) random.nextGaussian());
            }
            found.add(gradient);
        }
        return found;
    }

    /** Does what fit does after backpropagation. The batch sizes are 1, 2, 3, 1, ... by iteration. */
    private static void train(MultiLayerNetwork network, List<INDArray> gradients) {
        MultiLayerConfiguration configuration = network.getLayerWiseConfigurations();
        for (INDArray gradient : gradients) {
            int iteration = configuration.getIterationCount();
            INDArray flat = gradient.dup();
            DefaultGradient byKey = new DefaultGradient();
            int start = 0;
            for (Map.Entry<String, INDArray> entry : network.paramTable().entrySet()) {
                INDArray parameter = entry.getValue();
                INDArray part = flat.get(NDArrayIndex.point(0),
                        NDArrayIndex.interval(start, start + parameter.length()));
                byKey.setGradientFor(entry.getKey(), part.reshape(parameter.ordering(), parameter.shape()));
                start += parameter.length();
            }
            network.getUpdater().update(network, byKey, iteration, 1 + iteration % 3);
            for (Map.Entry<String, INDArray> entry : byKey.gradientForVariable().entrySet()) {
                network.getParam(entry.getKey()).subi(entry.getValue());
            }
            configuration.setIterationCount(iteration + 1);
        }
    }

    private static String text(INDArray array) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < array.length(); i++) {
            text.append(text.length() > 0 ? " " : "").append(array.getDouble(i));
        }
        return text.toString();
    }
}
