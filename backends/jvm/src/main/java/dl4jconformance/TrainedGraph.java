package dl4jconformance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code ComputationGraph}. */
final class TrainedGraph extends ComputationGraph implements Trained {
    private final transient Backpropagation backpropagation = new Backpropagation();

    TrainedGraph(ComputationGraphConfiguration configuration) {
        super(configuration);
    }

    @Override
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (Layer layer : getLayers()) {
            names.add(layer.conf().getLayer().getLayerName());
        }
        return names;
    }

    @Override
    public void update(Gradient gradient, int iteration, int batchSize) {
        getUpdater().update(this, gradient, iteration, batchSize);
    }

    @Override
    public Object updater() {
        return getUpdater();
    }

    @Override
    public INDArray state() {
        return getUpdater().getStateViewArray();
    }

    @Override
    public void setState(INDArray state) {
        getUpdater().setStateViewArray(state);
    }

    @Override
    public void construct(INDArray state) {
        setUpdater(new ComputationGraphUpdater(this, state));
    }

    @Override
    public void iterate() {
        getUpdater();
        solver.setListeners(Collections.singletonList(backpropagation));
        conf().setNumIterations(1);
        solver.optimize();
    }

    @Override
    public Backpropagation backpropagation() {
        return backpropagation;
    }

    @Override
    public int iterationCount() {
        return getConfiguration().getIterationCount();
    }

    /** What ComputationGraph.clone() gives would backpropagate: its parts are taken over. */
    @Override
    public Trained copy() {
        ComputationGraph clone = clone();
        TrainedGraph copy = new TrainedGraph(clone.getConfiguration());
        copy.init(clone.params(), false);
        copy.setUpdater(clone.getUpdater());
        return copy;
    }

    @Override
    public void computeGradientAndScore() {
        if (flattenedGradients == null) {
            initGradientsView();
        }
        gradient = backpropagation.gradient(paramTable(), flattenedGradients);
        score = backpropagation.score;
    }

    @Override
    public int batchSize() {
        return backpropagation.batchSize;
    }
}
