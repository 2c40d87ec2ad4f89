package dl4jconformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code MultiLayerNetwork}. */
final class TrainedNetwork extends MultiLayerNetwork implements Trained {
    private final transient Backpropagation backpropagation = new Backpropagation();

    TrainedNetwork(MultiLayerConfiguration configuration) {
        super(configuration);
    }

    @Override
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < getnLayers(); i++) {
            names.add(String.valueOf(i));
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
        getUpdater().setStateViewArray(this, state, false);
    }

    @Override
    public void construct(INDArray state) {
        setUpdater(new MultiLayerUpdater(this, state));
    }

    @Override
    public void iterate() {
        getUpdater();
        conf().setNumIterations(backpropagation.iterations());
        solver.setListeners(Collections.singletonList(backpropagation));
        backpropagation.searchFor(solver.getOptimizer(), this);
        solver.optimize();
    }

    @Override
    public Backpropagation backpropagation() {
        return backpropagation;
    }

    @Override
    public int iterationCount() {
        return getLayerWiseConfigurations().getIterationCount();
    }

    @Override
    public Trained copy() {
        return backpropagating(clone());
    }

    @Override
    public Trained restored(boolean withUpdater) throws IOException {
        return backpropagating(ModelSerializer.restoreMultiLayerNetwork(Trained.saved(this, withUpdater), withUpdater));
    }

    /** The network would backpropagate: its parts are taken over. */
    private static Trained backpropagating(MultiLayerNetwork found) {
        TrainedNetwork copy = new TrainedNetwork(found.getLayerWiseConfigurations());
        copy.init(found.params(), false);
        copy.setLayers(found.getLayers());
        copy.setUpdater(found.getUpdater());
        return copy;
    }

    @Override
    public void cloneUpdater() {
        setUpdater(getUpdater().clone());
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
