package dl4jconformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** {@code ComputationGraph}. */
final class TrainedGraph extends ComputationGraph implements Trained {
    private final transient Backpropagation backpropagation = new Backpropagation();

    TrainedGraph(ComputationGraphConfiguration configuration) {
        super(configuration);
    }

    @Override
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (GraphVertex vertex : vertices) {
            if (vertex.hasLayer()) {
                names.add(vertex.getVertexName());
            }
        }
        return names;
    }

    @Override
    public Map<String, INDArray> inOrder() {
        Map<String, INDArray> inOrder = new LinkedHashMap<>();
        for (int vertex : topologicalOrder) {
            if (vertices[vertex].hasLayer()) {
                for (Map.Entry<String, INDArray> parameter : vertices[vertex].getLayer().paramTable().entrySet()) {
                    inOrder.put(vertices[vertex].getVertexName() + "_" + parameter.getKey(), parameter.getValue());
                }
            }
        }
        return inOrder;
    }

    /** The vertex and the list of layers get the same FrozenLayer, as from TransferLearning.GraphBuilder. */
    @Override
    public void freeze(int layer) {
        GraphVertex vertex = getVertex(names().get(layer));
        vertex.setLayerAsFrozen();
        getLayers()[layer] = vertex.getLayer();
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
        return getConfiguration().getIterationCount();
    }

    @Override
    public Trained copy() {
        return backpropagating(clone());
    }

    @Override
    public Trained restored(boolean withUpdater) throws IOException {
        return backpropagating(ModelSerializer.restoreComputationGraph(Trained.saved(this, withUpdater), withUpdater));
    }

    /** The network would backpropagate: its parts are taken over. */
    private static Trained backpropagating(ComputationGraph found) {
        TrainedGraph copy = new TrainedGraph(found.getConfiguration());
        copy.init(found.params(), false);
        for (GraphVertex vertex : found.getVertices()) {
            if (vertex.hasLayer() && vertex.getLayer() instanceof FrozenLayer) {
                copy.getVertex(vertex.getVertexName()).setLayerAsFrozen();
            }
        }
        copy.setUpdater(found.getUpdater());
        return copy;
    }

    /** After it a fit would set inputs and labels again. */
    @Override
    public void clear() {
        super.clear();
        setInputs(new INDArray[getNumInputArrays()]);
        setLabels(new INDArray[getNumOutputArrays()]);
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
        backpropagation.leaveOut(unreached());
        gradient = backpropagation.gradient(inOrder(), flattenedGradients);
        score = backpropagation.score;
    }

    /** The vertices with layers that DL4J's own backpropagation does not reach, which goes from one to the next here. */
    private Set<String> unreached() {
        Set<String> unreached = new HashSet<>(names());
        GraphVertex[] real = vertices;
        vertices = new GraphVertex[real.length];
        for (int i = 0; i < real.length; i++) {
            vertices[i] = Reached.instead(real[i], unreached);
        }
        try {
            INDArray[] epsilons = new INDArray[getNumOutputArrays()];
            Arrays.fill(epsilons, Nd4j.ones(1, 1));
            calcBackpropGradients(false, epsilons);
        } finally {
            vertices = real;
        }
        return unreached;
    }

    @Override
    public int batchSize() {
        return backpropagation.batchSize;
    }
}
