import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.LayerUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Asks DL4J 0.8.0 the questions of docs/questions.md: {@code AskModel ZIP}. Each line has a question and an answer.
 * The gradients are those of the page.
 */
public final class AskModel {
    private AskModel() {}

    public static void main(String[] arguments) throws Exception {
        File zip = new File(arguments[0]);
        rates(zip);
        schedule();
        MultiLayerNetwork network = load(zip, true);
        say("state", network.getUpdater().getStateViewArray().length());
        for (int i = 0; i < 2; i++) {
            say("epsilon " + i, network.getLayer(i).conf().getLayer().getEpsilon());
            say("rate " + i, network.getLayer(i).conf().getLearningRateByParam("W"));
        }
        layout(zip);
        say("not saved", trained(zip, 0));
        say("loaded", trained(zip, 1));
        say("loaded without updater", trained(zip, 2));
        update(network, 10);
        for (int i = 0; i < 2; i++) {
            network.getLayer(i).conf().setLearningRateByParam("W", 0.001);
        }
        say("changed", update(network, 11).get("0_W").getDouble(0));
    }

    /** The rates alone: what an updater does with the gradient does not change them. */
    private static void rates(File zip) throws Exception {
        MultiLayerNetwork network = load(zip, true);
        org.deeplearning4j.nn.api.Layer layer = network.getLayer(1);
        Rates updater = new Rates();
        for (int i = 10; i <= 1000000; i++) {
            updater.applyLrDecayPolicy(LearningRatePolicy.Step, layer, i, "W");
            if (i == 1000 || i == 1100 || i == 1000000) {
                say("rate at " + i, layer.conf().getLearningRateByParam("W"));
            }
        }
    }

    private static void schedule() {
        Map<Integer, Double> map = new LinkedHashMap<>();
        map.put(0, 0.1);
        map.put(500000, 0.05);
        NeuralNetConfiguration conf = new NeuralNetConfiguration.Builder()
                .learningRateDecayPolicy(LearningRatePolicy.Schedule).learningRateSchedule(map)
                .layer(new org.deeplearning4j.nn.conf.layers.DenseLayer.Builder().nIn(1).nOut(1).build()).build();
        INDArray params = Nd4j.create(1, conf.getLayer().initializer().numParams(conf));
        org.deeplearning4j.nn.api.Layer layer = conf.getLayer().instantiate(conf, null, 0, params, true);
        Rates updater = new Rates();
        for (int i = 0; i <= 1000000; i++) {
            updater.applyLrDecayPolicy(LearningRatePolicy.Schedule, layer, i, "W");
            if (i == 499999 || i == 1000000) {
                say("scheduled at " + i, conf.getLearningRateByParam("W"));
            }
        }
    }

    /** The places of the state's values that the first update of one parameter changes. */
    private static void layout(File zip) throws Exception {
        for (String key : new String[] {"0_W", "0_b", "1_W", "1_b"}) {
            MultiLayerNetwork network = load(zip, true);
            INDArray before = network.getUpdater().getStateViewArray().dup();
            Gradient gradient = new DefaultGradient();
            gradient.setGradientFor(key, gradients().get(key));
            network.getUpdater().update(network, gradient, 10, 1);
            StringBuilder places = new StringBuilder();
            for (int i = 0; i < before.length(); i++) {
                if (before.getDouble(i) != network.getUpdater().getStateViewArray().getDouble(i)) {
                    places.append(places.length() > 0 ? "," : "").append(i);
                }
            }
            say("places " + key, places);
        }
    }

    private static String trained(File zip, int way) throws Exception {
        MultiLayerNetwork network = load(zip, true);
        update(network, 10);
        update(network, 11);
        if (way > 0) {
            File saved = File.createTempFile("saved", ".zip");
            saved.deleteOnExit();
            ModelSerializer.writeModel(network, saved, true);
            network = load(saved, way == 1);
        }
        StringBuilder found = new StringBuilder();
        for (Map.Entry<String, INDArray> entry : update(network, 12).entrySet()) {
            found.append(found.length() > 0 ? " " : "").append(Transforms.abs(entry.getValue()).maxNumber());
        }
        return found.toString();
    }

    private static Map<String, INDArray> update(MultiLayerNetwork network, int iteration) {
        Map<String, INDArray> gradients = gradients();
        Gradient gradient = new DefaultGradient();
        for (Map.Entry<String, INDArray> entry : gradients.entrySet()) {
            gradient.setGradientFor(entry.getKey(), entry.getValue());
        }
        network.getUpdater().update(network, gradient, iteration, 1);
        for (Map.Entry<String, INDArray> entry : gradients.entrySet()) {
            network.getParam(entry.getKey()).subi(entry.getValue());
        }
        return gradients;
    }

    private static Map<String, INDArray> gradients() {
        Map<String, INDArray> found = new LinkedHashMap<>();
        found.put("0_W", Nd4j.create(new float[] {1, 2, 3, 4}, new int[] {2, 2}, 'f'));
        found.put("0_b", Nd4j.create(new float[] {1, 1}));
        found.put("1_W", Nd4j.create(new float[] {1, 0.5f}, new int[] {2, 1}, 'f'));
        found.put("1_b", Nd4j.create(new float[] {1}));
        return found;
    }

    private static MultiLayerNetwork load(File zip, boolean withUpdater) throws Exception {
        return ModelSerializer.restoreMultiLayerNetwork(zip, withUpdater);
    }

    private static void say(String question, Object answer) {
        System.out.println(question + "\t" + answer);
    }

    /** Gives access to the method of the policies. */
    private static final class Rates extends LayerUpdater {
        @Override
        public void applyLrDecayPolicy(LearningRatePolicy decay, org.deeplearning4j.nn.api.Layer layer, int iteration,
                String variable) {
            super.applyLrDecayPolicy(decay, layer, iteration, variable);
        }
    }
}
