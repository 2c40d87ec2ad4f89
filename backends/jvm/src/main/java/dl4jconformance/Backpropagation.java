package dl4jconformance;

import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.deeplearning4j.exception.InvalidStepException;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.optimize.api.ConvexOptimizer;
import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.solvers.BackTrackLineSearch;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Stands in for backpropagation and for the search for a step: gradients, scores and a length that are given. As a listener
 * it keeps what it hears.
 */
final class Backpropagation implements TrainingListener {
    /** What the next calls of backpropagation give. */
    private final Queue<Given> given = new ArrayDeque<>();
    double score;
    int batchSize;
    /** The scores of the steps that a search tries; null where none is searching. */
    private Iterator<Double> tries;

    /** The arrays that the updater gets, and changes. It may replace what the gradient's map holds. */
    Map<String, INDArray> updates = new LinkedHashMap<>();

    /** What onGradientCalculation found, and the count that iterationDone was told. */
    Map<String, INDArray> heard = new LinkedHashMap<>();
    Integer iterationDone;

    private static final class Given {
        final Map<String, INDArray> gradients;
        final double score;
        /** The length that the search before it finds; null if it has to find one itself, from the scores of its tries. */
        final Double step;
        final List<Double> tries;

        Given(Map<String, INDArray> gradients, double score, Double step, List<Double> tries) {
            this.gradients = gradients;
            this.score = score;
            this.step = step;
            this.tries = tries;
        }
    }

    /** A new iteration: nothing is left of the one before it. */
    void begin(int batchSize) {
        given.clear();
        iterationDone = null;
        this.batchSize = batchSize;
    }

    void give(Map<String, INDArray> gradients, double score, Double step, List<Double> tries) {
        given.add(new Given(gradients, score, step, tries));
    }

    /** Takes the gradients of these vertices from what is given next. */
    void leaveOut(Set<String> vertices) {
        given.element().gradients.keySet().removeIf(key -> vertices.contains(key.substring(0, Math.max(0, key.lastIndexOf('_')))));
    }

    /** How many iterations the optimiser has to make of what is given: each but a descent has a gradient before it. */
    int iterations() {
        return Math.max(1, given.size() - 1);
    }

    /** The optimiser with a search that finds a given step, or its own with given scores. */
    void searchFor(ConvexOptimizer optimizer, Model model) {
        try {
            Field search = BaseOptimizer.class.getDeclaredField("lineMaximizer");
            Field stepFunction = BaseOptimizer.class.getDeclaredField("stepFunction");
            search.setAccessible(true);
            stepFunction.setAccessible(true);
            BackTrackLineSearch own = (BackTrackLineSearch) search.get(optimizer);
            BackTrackLineSearch other = new BackTrackLineSearch(model, (StepFunction) stepFunction.get(optimizer), optimizer) {
                @Override
                public double optimize(INDArray parameters, INDArray gradients, INDArray searchDirection) throws InvalidStepException {
                    Given after = given.element();
                    if (after.step != null) {
                        return after.step;
                    }
                    tries = after.tries.iterator();
                    try {
                        return super.optimize(parameters, gradients, searchDirection);
                    } finally {
                        tries = null;
                    }
                }
            };
            other.setStepMax(own.getStepMax());
            other.setMaxIterations(own.getMaxIterations());
            search.set(optimizer, other);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Written into the array of all gradients, where the parameters have their parts of it. */
    Gradient gradient(Map<String, INDArray> parameters, INDArray flattenedGradients) {
        return next(views(parameters, flattenedGradients), new DefaultGradient(flattenedGradients));
    }

    /** Each an array of its own, in the order in which they are given. */
    Gradient gradient() {
        return next(Collections.emptyMap(), new DefaultGradient());
    }

    private Gradient next(Map<String, INDArray> views, Gradient gradient) {
        boolean isTry = tries != null;
        // At a step that is tried, the gradients are those of the step that is taken at last.
        Given next = isTry ? given.element() : given.remove();
        score = !isTry ? next.score : tries.hasNext() ? tries.next() : score;
        updates = new LinkedHashMap<>();
        for (Map.Entry<String, INDArray> entry : next.gradients.entrySet()) {
            INDArray view = views.get(entry.getKey());
            boolean fits = view != null && view.length() == entry.getValue().length();
            INDArray array = fits ? view.assign(entry.getValue()) : entry.getValue();
            // As a convolution says it; nobody else says anything.
            gradient.setGradientFor(entry.getKey(), array, array.rank() > 2 ? 'c' : null);
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
