package dl4jconformance;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.berkeley.Pair;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.updater.LayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterCreator;
import org.deeplearning4j.optimize.Solver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.GradientUpdaterAggregator;

/** A layer without a network, and its {@code LayerUpdater}. */
final class TrainedLayer implements Trained {
    private final Layer layer;
    private final Backpropagation backpropagation = new Backpropagation();
    private Updater updater;
    private Solver solver;
    /** The solver's configuration. */
    private NeuralNetConfiguration own;
    private Gradient gradient;
    private final int stateSize;
    private INDArray view;

    TrainedLayer(NeuralNetConfiguration configuration) {
        layer = instance(configuration);
        updater = UpdaterCreator.getUpdater(layer);
        // Makes the updaters of all parameters.
        stateSize = updater.stateSizeForLayer(layer);
        if (stateSize > 0) {
            view = Nd4j.create(1, stateSize);
            updater.setStateViewArray(layer, view, true);
        }
    }

    private TrainedLayer(Layer layer, Updater updater, int stateSize) {
        this.layer = layer;
        this.updater = updater;
        this.stateSize = stateSize;
    }

    private static Layer instance(NeuralNetConfiguration configuration) {
        int length = configuration.getLayer().initializer().numParams(configuration);
        return configuration.getLayer().instantiate(configuration, null, 0, Nd4j.create(1, length), true);
    }

    @Override
    public Map<String, INDArray> paramTable() {
        return layer.paramTable();
    }

    @Override
    public Layer[] getLayers() {
        return new Layer[] {layer};
    }

    @Override
    public List<String> names() {
        return Collections.singletonList("0");
    }

    @Override
    public String key(int index, String parameter) {
        return parameter;
    }

    @Override
    public void update(Gradient gradient, int iteration, int batchSize) {
        updater.update(layer, gradient, iteration, batchSize);
    }

    @Override
    public Object updater() {
        return updater;
    }

    /** The state within the array that setStateViewArray was given last; getStateViewArray() is always null. */
    @Override
    public INDArray state() {
        if (updater.getStateViewArray() != null) {
            throw new IllegalStateException("getStateViewArray() is expected to be null");
        }
        return view == null ? null : view.get(NDArrayIndex.point(0), NDArrayIndex.interval(0, stateSize));
    }

    @Override
    public void setState(INDArray state) {
        updater.setStateViewArray(layer, state, false);
        if (stateSize > 0) {
            view = state;
        }
    }

    @Override
    public void construct(INDArray state) {
        setState(state);
    }

    /** The layer's own optimiser, as pretraining has it. Its loop is as long as its own configuration says. */
    @Override
    public void iterate() {
        if (solver == null) {
            own = layer.conf().clone();
            solver = new Solver.Builder().configure(own).model(model()).build();
            solver.getOptimizer().setUpdater(updater);
        }
        own.setNumIterations(backpropagation.iterations());
        solver.setListeners(Collections.singletonList(backpropagation));
        backpropagation.searchFor(solver.getOptimizer(), model());
        solver.optimize();
    }

    /** The layer, but for what backpropagation gives. */
    private Layer model() {
        return (Layer) Proxy.newProxyInstance(Layer.class.getClassLoader(), new Class<?>[] {Layer.class}, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "computeGradientAndScore":
                    gradient = backpropagation.gradient();
                    return null;
                case "gradient":
                    return gradient;
                case "gradientAndScore":
                    return new Pair<>(gradient, backpropagation.score);
                case "score":
                    return backpropagation.score;
                case "batchSize":
                    return backpropagation.batchSize;
                default:
                    try {
                        return method.invoke(layer, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
            }
        });
    }

    @Override
    public Backpropagation backpropagation() {
        return backpropagation;
    }

    @Override
    public int iterationCount() {
        return layer.conf().getIterationCount();
    }

    /** LayerUpdater.clone(), for a layer of its own. */
    @Override
    public Trained copy() {
        Layer twin = instance(layer.conf().clone());
        twin.setParams(layer.params().dup());
        return new TrainedLayer(twin, updater.clone(), stateSize);
    }

    @Override
    public void cloneUpdater() {
        use(updater.clone());
    }

    /** An updater whose state is its own. */
    private void use(Updater other) {
        updater = other;
        view = null;
        if (solver != null) {
            solver.getOptimizer().setUpdater(other);
        }
    }

    /** The average of every parameter's updater, as ND4J's aggregators make it. */
    void average(List<TrainedLayer> others, boolean combined) {
        LayerUpdater average = new LayerUpdater();
        for (Map.Entry<String, GradientUpdater> own : updaters().entrySet()) {
            GradientUpdaterAggregator aggregator = own.getValue().getAggregator(true);
            GradientUpdaterAggregator second = combined ? own.getValue().getAggregator(false) : aggregator;
            for (TrainedLayer other : others) {
                second.aggregate(other.updaters().get(own.getKey()));
            }
            GradientUpdater mean = (combined ? aggregator.combine(second) : aggregator).getUpdater();
            average.getUpdaterForVariable().put(own.getKey(), mean);
        }
        use(average);
    }

    private Map<String, GradientUpdater> updaters() {
        return ((LayerUpdater) updater).getUpdaterForVariable();
    }
}
