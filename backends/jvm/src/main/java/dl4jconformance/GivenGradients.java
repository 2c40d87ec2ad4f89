package dl4jconformance;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.Solver;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A network whose backpropagation is replaced by gradients and scores that are given; the optimiser is DL4J's own. */
final class GivenGradients extends MultiLayerNetwork implements TrainingListener {
    private transient Map<String, INDArray> given;
    private transient double givenScore;
    private transient int givenBatchSize;

    /** The arrays that the updater gets, and changes. It may replace what the gradient's map holds. */
    transient Map<String, INDArray> updates = new LinkedHashMap<>();

    /** What onGradientCalculation found, and the count that iterationDone was told. */
    transient Map<String, INDArray> heard = new LinkedHashMap<>();
    transient int iterationDone;

    GivenGradients(MultiLayerConfiguration configuration) {
        super(configuration);
    }

    /** {@code MultiLayerNetwork.clone()} gives a network that would backpropagate: its parts are taken over. */
    GivenGradients copy() {
        MultiLayerNetwork clone = clone();
        GivenGradients copy = new GivenGradients(clone.getLayerWiseConfigurations());
        copy.init(clone.params(), false);
        copy.setLayers(clone.getLayers());
        copy.setUpdater(clone.getUpdater());
        return copy;
    }

    /** One iteration of the network's optimiser. */
    void iterate(Map<String, INDArray> gradients, double score, int batchSize) {
        given = gradients;
        givenScore = score;
        givenBatchSize = batchSize;
        getUpdater();
        conf().setNumIterations(1);
        solver.setListeners(Collections.singletonList(this));
        setListeners(this);
        solver.optimize();
    }

    /** The parts of an array of all gradients, as backpropagation is given them. */
    Map<String, INDArray> views(INDArray flat) {
        Map<String, INDArray> views = new LinkedHashMap<>();
        int start = 0;
        for (Map.Entry<String, INDArray> parameter : paramTable().entrySet()) {
            int end = start + parameter.getValue().length();
            INDArray view = flat.get(NDArrayIndex.point(0), NDArrayIndex.interval(start, end));
            INDArray like = parameter.getValue();
            views.put(parameter.getKey(), view.reshape(like.ordering(), like.shape()));
            start = end;
        }
        return views;
    }

    @Override
    public void computeGradientAndScore() {
        if (flattenedGradients == null) {
            initGradientsView();
        }
        Map<String, INDArray> views = views(flattenedGradients);
        updates = new LinkedHashMap<>();
        gradient = new DefaultGradient(flattenedGradients);
        for (Map.Entry<String, INDArray> entry : given.entrySet()) {
            INDArray view = views.get(entry.getKey());
            boolean fits = view != null && view.length() == entry.getValue().length();
            INDArray array = fits ? view.assign(entry.getValue()) : entry.getValue();
            gradient.setGradientFor(entry.getKey(), array);
            updates.put(entry.getKey(), array);
        }
        score = givenScore;
    }

    @Override
    public int batchSize() {
        return givenBatchSize;
    }

    @Override
    public void onGradientCalculation(Model model) {
        heard = new LinkedHashMap<>();
        for (Map.Entry<String, INDArray> entry : model.gradient().gradientForVariable().entrySet()) {
            heard.put(entry.getKey(), entry.getValue().dup('f'));
        }
    }

    @Override
    public void iterationDone(Model model, int iteration) {
        iterationDone = iteration;
    }

    @Override
    public void onEpochStart(Model model) {}

    @Override
    public void onEpochEnd(Model model) {}

    @Override
    public void onForwardPass(Model model, java.util.List<INDArray> activations) {}

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {}

    @Override
    public void onBackwardPass(Model model) {}

    @Override
    public boolean invoked() {
        return true;
    }

    @Override
    public void invoke() {}
}
