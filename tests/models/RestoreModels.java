import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Restores models with DL4J 0.8.0: {@code RestoreModels float|double FILE...}. For each it prints a line: whether it is
 * a graph, the iteration count, and the bits of parameters and state.
 */
public final class RestoreModels {
    private RestoreModels() {}

    public static void main(String[] arguments) throws Exception {
        findTypes();
        boolean isDouble = arguments[0].equals("double");
        Nd4j.setDataType(isDouble ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
        for (int i = 1; i < arguments.length; i++) {
            File file = new File(arguments[i]);
            if (file.getName().startsWith("graph")) {
                ComputationGraph graph = ModelSerializer.restoreComputationGraph(file, true);
                print(graph, graph.getConfiguration().getIterationCount(), graph.getUpdater().getStateViewArray());
            } else {
                MultiLayerNetwork network = ModelSerializer.restoreMultiLayerNetwork(file, true);
                print(network, network.getLayerWiseConfigurations().getIterationCount(),
                        network.getUpdater().getStateViewArray());
            }
        }
    }

    /** Lets DL4J find all types of layers, as in Java 8: it asks the class loader for the class path. */
    private static void findTypes() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String part : System.getProperty("java.class.path").split(File.pathSeparator)) {
            File[] jars = part.endsWith("*") ? new File(part).getParentFile().listFiles() : new File[] {new File(part)};
            for (File jar : jars) {
                urls.add(jar.toURI().toURL());
            }
        }
        Thread.currentThread().setContextClassLoader(
                new URLClassLoader(urls.toArray(new URL[0]), RestoreModels.class.getClassLoader()));
    }

    private static void print(Model model, int count, INDArray state) {
        System.out.println(count + " " + hex(model.params()) + " " + (state == null ? "none" : hex(state)));
    }

    private static String hex(INDArray array) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < array.length(); i++) {
            double value = array.getDouble(i);
            text.append(Nd4j.dataType() == DataBuffer.Type.DOUBLE
                    ? String.format("%016x", Double.doubleToRawLongBits(value))
                    : String.format("%08x", Float.floatToRawIntBits((float) value)));
        }
        return text.toString();
    }
}
