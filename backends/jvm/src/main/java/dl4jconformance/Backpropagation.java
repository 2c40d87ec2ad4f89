package dl4jconformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Stands in for backpropagation: gradients and a score that are given. As a listener it keeps what it hears. */
final class Backpropagation implements TrainingListener {
    private Map<String, INDArray> given = new LinkedHashMap<>();
    double score;
    int batchSize;

    /** The arrays that the updater gets, and changes. It may replace what the gradient's map holds. */
    Map<String, INDArray> updates = new LinkedHashMap<>();

    /** What onGradientCalculation found, and the count that iterationDone was told. */
    Map<String, INDArray> heard = new LinkedHashMap<>();
    int iterationDone;

    void give(Map<String, INDArray> gradients, double score, int batchSize) {
        given = gradients;
        this.score = score;
        this.batchSize = batchSize;
    }

    /** Written into the array of all gradients, where the parameters have their parts of it. */
    Gradient gradient(Map<String, INDArray> parameters, INDArray flattenedGradients) {
        Map<String, INDArray> views = views(parameters, flattenedGradients);
        Gradient gradient = new DefaultGradient(flattenedGradients);
        updates = new LinkedHashMap<>();
        for (Map.Entry<String, INDArray> entry : given.entrySet()) {
            INDArray view = views.get(entry.getKey());
            boolean fits = view != null && view.length() == entry.getValue().length();
            INDArray array = fits ? view.assign(entry.getValue()) : entry.getValue();
            gradient.setGradientFor(entry.getKey(), array);
            updates.put(entry.getKey(), array);
        }
        return gradient;
    }

    /** The parts of an array of all gradients, as initGradientsView() cuts them. */
    static Map<String, INDArray> views(Map<String, INDArray> parameters, INDArray flat) {
        Map<String, INDArray> views = new LinkedHashMap<>();
        int start = 0;
        for (Map.Entry<String, INDArray> parameter : parameters.entrySet()) {
            INDArray like = parameter.getValue();
            INDArray view = flat.get(NDArrayIndex.point(0), NDArrayIndex.interval(start, start + like.length()));
            views.put(parameter.getKey(), view.reshape(like.ordering(), like.shape()));
            start += like.length();
        }
        return views;
    }

    @Override
    public void onGradientCalculation(Model model) {
        heard = new LinkedHashMap<>();
        for (Map.Entry<String, INDArray> entry : model.gradient().gradientForVariable().entrySet()) {
            heard.put(entry.getKey(), entry.getValue().dup(entry.getValue().ordering()));
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
    public void onForwardPass(Model model, List<INDArray> activations) {}

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
