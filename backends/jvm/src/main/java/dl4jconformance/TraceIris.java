package dl4jconformance;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.Updater;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Trains a small network on Iris, which ships with deeplearning4j-core, and traces it: arguments are the trace's file,
 * the type (float32 or float64), the updater, the number of mini-batches and that of iterations with each (or 1).
 */
public final class TraceIris {
    private static final int BATCH = 10;

    private TraceIris() {}

    public static void main(String[] arguments) throws IOException {
        Nd4j.setDataType(arguments[1].equals("float64") ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
        double[][] rows = rows();
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(42)
                .updater(Updater.valueOf(arguments[2]))
                .iterations(arguments.length > 4 ? Integer.parseInt(arguments[4]) : 1)
                .learningRate(0.05)
                .rho(0.95)
                .learningRateDecayPolicy(LearningRatePolicy.Schedule)
                .learningRateSchedule(schedule(0.05, 0.02, 0.005))
                .momentumAfter(schedule(0.5, 0.9, 0.95))
                .regularization(true).l2(1e-3)
                // A norm of a view of 27 values that begins between two 16-byte boundaries: it has an order of its own.
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(0.05)
                .list()
                .layer(0, new DenseLayer.Builder().nIn(4).nOut(9).activation(Activation.TANH).build())
                .layer(1, new OutputLayer.Builder(LossFunction.MCXENT).nIn(9).nOut(3).activation(Activation.SOFTMAX).build())
                .pretrain(false).backprop(true).build());
        network.init();
        Random random = new Random(42);
        try (TraceListener trace = new TraceListener(new File(arguments[0]))) {
            network.setListeners(trace);
            for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
                INDArray features = Nd4j.create(BATCH, 4);
                INDArray labels = Nd4j.create(BATCH, 3);
                for (int row = 0; row < BATCH; row++) {
                    double[] flower = rows[random.nextInt(rows.length)];
                    for (int column = 0; column < 4; column++) {
                        features.putScalar(row, column, flower[column]);
                    }
                    labels.putScalar(row, (int) flower[4], 1.0);
                }
                network.fit(features, labels);
            }
        }
        System.out.println("score " + network.score());
    }

    /** The values from the first, the 20th and the 50th iteration on. */
    private static Map<Integer, Double> schedule(double first, double second, double third) {
        Map<Integer, Double> schedule = new HashMap<>();
        schedule.put(0, first);
        schedule.put(20, second);
        schedule.put(50, third);
        return schedule;
    }

    private static double[][] rows() throws IOException {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(TraceIris.class.getResourceAsStream("/iris.dat"), StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.trim().isEmpty())
                    .map(line -> java.util.Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray())
                    .toArray(double[][]::new);
        }
    }
}
