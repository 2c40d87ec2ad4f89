package dl4jconformance;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.updater.UpdaterCreator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A layer without a network, and its {@code LayerUpdater}. */
final class TrainedLayer implements Trained {
    private final Layer layer;
    private final Updater updater;
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

    @Override
    public void iterate() {
        throw new Adapter.UnsupportedException("iterations of a layer alone");
    }

    @Override
    public Backpropagation backpropagation() {
        throw new Adapter.UnsupportedException("iterations of a layer alone");
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
}
