package dl4jconformance;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A network of DL4J with its own updater and optimiser; gradients and scores are given. */
interface Trained {
    Map<String, INDArray> paramTable();

    /** The same in the order in which parameters lie in the array of them all. */
    default Map<String, INDArray> inOrder() {
        return paramTable();
    }

    /** The layers, and their names in keys. */
    Layer[] getLayers();

    List<String> names();

    /** The key of a parameter. */
    default String key(int index, String parameter) {
        return names().get(index) + "_" + parameter;
    }

    /** The updater alone. */
    void update(Gradient gradient, int iteration, int batchSize);

    INDArray state();

    /** The updater's setStateViewArray. */
    void setState(INDArray state);

    /** Puts a layer into a FrozenLayer. */
    default void freeze(int layer) {
        getLayers()[layer] = new FrozenLayer<>(getLayers()[layer]);
    }

    /** A new updater, constructed with this state. */
    void construct(INDArray state);

    /** One iteration of the optimiser; {@link #backpropagation} was given what it gives. */
    void iterate();

    Backpropagation backpropagation();

    int iterationCount();

    /** The updater object. */
    Object updater();

    /** DL4J's own clone of the network. */
    Trained copy();

    /** What ModelSerializer writes and reads back. */
    default Trained restored(boolean withUpdater) throws IOException {
        throw new Adapter.UnsupportedException("what is no network is not saved");
    }

    /** What ModelSerializer writes. */
    static InputStream saved(Model network, boolean withUpdater) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelSerializer.writeModel(network, file, withUpdater);
        return new ByteArrayInputStream(file.toByteArray());
    }

    /** The network's own clear(). */
    default void clear() {
        throw new Adapter.UnsupportedException("what is no network is not cleared");
    }

    /** Goes on with a clone of the updater. */
    void cloneUpdater();
}
