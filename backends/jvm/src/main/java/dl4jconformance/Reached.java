package dl4jconformance;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Set;
import org.deeplearning4j.berkeley.Pair;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Stands in for a vertex while DL4J goes back through its graph: nothing is computed, only who is reached is noted. */
final class Reached {
    private Reached() {}

    /** The vertex, which crosses out its name in {@code unreached} where it would compute its gradients. */
    static GraphVertex instead(GraphVertex vertex, Set<String> unreached) {
        // An epsilon is left from one time to the next.
        vertex.setEpsilon(null);
        return (GraphVertex) Proxy.newProxyInstance(
                GraphVertex.class.getClassLoader(), new Class<?>[] {GraphVertex.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("doBackward")) {
                        return backward(vertex, (Boolean) arguments[0], unreached);
                    }
                    try {
                        return method.invoke(vertex, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    private static Pair<Gradient, INDArray[]> backward(GraphVertex vertex, boolean truncated, Set<String> unreached) {
        INDArray[] epsilons = new INDArray[vertex.getNumInputArrays()];
        Arrays.fill(epsilons, Nd4j.ones(1, 1));
        vertex.setInputs(epsilons);
        if (!vertex.canDoBackward()) {
            return vertex.doBackward(truncated);
        }
        unreached.remove(vertex.getVertexName());
        return new Pair<>(null, epsilons);
    }
}
