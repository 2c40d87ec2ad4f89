import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.tribuo.math.Parameters;
import org.tribuo.math.StochasticGradientOptimiser;
import org.tribuo.math.la.DenseVector;
import org.tribuo.math.la.Tensor;
import org.tribuo.math.optimisers.AdaDelta;
import org.tribuo.math.optimisers.AdaGrad;
import org.tribuo.math.optimisers.Adam;
import org.tribuo.math.optimisers.RMSProp;
import org.tribuo.math.optimisers.SGD;
import org.tribuo.math.protos.ParametersProto;

/**
 * Tribuo's optimisers behind the protocol: each stands for a DL4J updater, with DL4J's settings and nothing more.
 *
 * <p>One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.
 */
public final class Adapter {
    private static final String HELLO =
        "\"reply\":\"ok\",\"protocol\":1,"
            + "\"implementation\":{\"name\":\"tribuo\",\"version\":\"4.3.2\",\"language\":\"Java\",\"homepage\":\"\"},"
            + "\"capabilities\":{\"updaters\":[\"SGD\",\"NONE\",\"NESTEROVS\",\"ADAM\",\"ADADELTA\",\"ADAGRAD\","
            + "\"RMSPROP\"],\"types\":[\"float64\"],\"unchained\":true}";

    /** What this adapter does not do: the case is reported as not run. */
    private static final class Unsupported extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unsupported(String reason) {
            super(reason);
        }
    }

    /** A network, and an optimiser for each parameter that had a gradient. */
    private record Session(Map<String, Object> network, Map<String, StochasticGradientOptimiser> optimisers) {}

    private final Map<Integer, Session> sessions = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        // Whatever the library prints must not come between the replies.
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Adapter adapter = new Adapter();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> request = object(Json.read(line));
            String reply;
            try {
                reply = adapter.answer(request);
            } catch (Unsupported unsupported) {
                reply = "\"reply\":\"unsupported\",\"reason\":" + Json.quoted(unsupported.getMessage());
            }
            out.print("{\"seq\":" + number(request, "seq") + "," + reply + "}\n");
            out.flush();
        }
    }

    /** The reply's fields, without seq. */
    private String answer(Map<String, Object> request) {
        switch ((String) request.get("op")) {
            case "hello":
                return HELLO;
            case "open":
                Map<String, Object> network = object(request.get("network"));
                refuseWhatIsNoUpdater(network);
                sessions.put(number(request, "session"), new Session(network, new HashMap<>()));
                return "\"reply\":\"ok\"";
            case "update":
                return "\"reply\":\"ok\",\"updates\":" + updates(request);
            case "close":
                sessions.remove(number(request, "session"));
                return "\"reply\":\"ok\"";
            default:
                throw new Unsupported((String) request.get("op"));
        }
    }

    private String updates(Map<String, Object> request) {
        Session session = sessions.get(number(request, "session"));
        boolean divide = (boolean) object(session.network.get("conf")).getOrDefault("mini_batch", true);
        StringJoiner updates = new StringJoiner(",", "{", "}");
        for (Object entry : (List<?>) request.get("gradients")) {
            String key = (String) object(entry).get("key");
            DenseVector gradient = gradient((List<?>) object(entry).get("values"));
            StochasticGradientOptimiser optimiser =
                session.optimisers.computeIfAbsent(key, name -> optimiser(session.network, name, gradient.size()));
            // Tribuo adds its steps to the parameters, along gradients that it has turned round.
            Tensor step = optimiser.step(new Tensor[] {gradient}, 1.0)[0];
            StringJoiner values = new StringJoiner("\",\"", "[\"", "\"]").setEmptyValue("[]");
            for (double x : ((DenseVector) step).toArray()) {
                double update = divide ? x / number(request, "batch_size") : x;
                values.add(String.format("%016x", Double.doubleToLongBits(update)));
            }
            updates.add(Json.quoted(key) + ":" + values);
        }
        return updates.toString();
    }

    /** The optimiser that stands for the updater of a parameter, with DL4J's settings. */
    private static StochasticGradientOptimiser optimiser(Map<String, Object> network, String key, int length) {
        Map<String, Object> conf = object(network.get("conf"));
        Map<String, Object> layer = layer(network, key);
        double biasRate = setting(layer, Map.of(), "bias_learning_rate", Double.NaN);
        double layerRate = setting(layer, conf, "learning_rate", 0.1);
        double rate = key.endsWith("b") && !Double.isNaN(biasRate) ? biasRate : layerRate;
        StochasticGradientOptimiser made =
            switch (inherited(layer, conf, "updater", "SGD").toString()) {
                case "SGD" -> SGD.getSimpleSGD(rate);
                case "NONE" -> SGD.getSimpleSGD(1.0);
                case "NESTEROVS" ->
                    SGD.getSimpleSGD(rate, setting(layer, conf, "momentum", 0.9), SGD.Momentum.NESTEROV);
                case "ADAM" ->
                    new Adam(
                        rate,
                        setting(layer, conf, "adam_mean_decay", 0.9),
                        setting(layer, conf, "adam_var_decay", 0.999),
                        setting(layer, conf, "epsilon", 1e-8));
                case "ADADELTA" ->
                    new AdaDelta(setting(layer, conf, "rho", Double.NaN), setting(layer, conf, "epsilon", 1e-6));
                case "ADAGRAD" -> new AdaGrad(rate, setting(layer, conf, "epsilon", 1e-6));
                case "RMSPROP" ->
                    new RMSProp(
                        rate, setting(layer, conf, "rms_decay", 0.95), setting(layer, conf, "epsilon", 1e-8), 0.0);
                default -> throw new Unsupported("this updater");
            };
        made.initialise(new OneVector(length));
        return made;
    }

    /** The shape of one parameter, which is all that an optimiser asks of a model. */
    private record OneVector(int length) implements Parameters {
        @Override
        public Tensor[] getEmptyCopy() {
            return new Tensor[] {new DenseVector(length)};
        }

        @Override
        public Tensor[] get() {
            return getEmptyCopy();
        }

        @Override
        public void set(Tensor[] tensors) {}

        @Override
        public void update(Tensor[] gradients) {}

        @Override
        public Tensor[] merge(Tensor[][] gradients, int size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ParametersProto serialize() {
            throw new UnsupportedOperationException();
        }
    }

    private static DenseVector gradient(List<?> patterns) {
        double[] values = new double[patterns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.longBitsToDouble(Long.parseUnsignedLong((String) patterns.get(i), 16));
        }
        return DenseVector.createDenseVector(values);
    }

    private static Map<String, Object> layer(Map<String, Object> network, String key) {
        List<?> layers = (List<?>) network.get("layers");
        if (!key.matches("(0|[1-9]\\d{0,8})_[Wb]") || Integer.parseInt(key.split("_")[0]) >= layers.size()) {
            throw new Unsupported("this gradient key");
        }
        return object(layers.get(Integer.parseInt(key.split("_")[0])));
    }

    /** Of the layer, else of the network, else DL4J's default. "NaN" is unset. */
    private static double setting(Map<String, Object> layer, Map<String, Object> conf, String name, double otherwise) {
        for (Map<String, Object> settings : List.of(layer, conf)) {
            double value = Double.parseDouble(settings.getOrDefault(name, "NaN").toString());
            if (!Double.isNaN(value)) {
                return value;
            }
        }
        return otherwise;
    }

    /** Throws Unsupported for settings that are not an updater's. */
    private static void refuseWhatIsNoUpdater(Map<String, Object> network) {
        Map<String, Object> conf = object(network.get("conf"));
        if (Boolean.TRUE.equals(conf.get("use_regularization"))) {
            throw new Unsupported("regularization");
        }
        for (Object entry : (List<?>) network.get("layers")) {
            Map<String, Object> layer = object(entry);
            for (Map<String, Object> settings : List.of(layer, conf)) {
                if (settings.keySet().stream().anyMatch(name -> name.matches("lr_policy.*|.*_schedule"))) {
                    throw new Unsupported("learning-rate policies and schedules");
                }
            }
            if (!layer.getOrDefault("type", "dense").equals("dense")
                || Boolean.TRUE.equals(layer.get("frozen"))
                || Boolean.TRUE.equals(layer.get("pretrain"))) {
                throw new Unsupported("layers other than dense ones");
            }
            if (!inherited(layer, conf, "gradient_normalization", "None").equals("None")) {
                throw new Unsupported("gradient normalization");
            }
        }
    }

    private static Object inherited(
        Map<String, Object> layer, Map<String, Object> conf, String name, String otherwise) {
        return layer.getOrDefault(name, conf.getOrDefault(name, otherwise));
    }

    private static int number(Map<String, Object> request, String name) {
        return ((Double) request.get(name)).intValue();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }
}
