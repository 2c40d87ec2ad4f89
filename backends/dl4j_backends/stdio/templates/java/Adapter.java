import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * An adapter for dl4j-conformance that does SGD. Replace {@code update} by calls of your port.
 *
 * <p>One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.
 */
public final class Adapter {
    private static final String HELLO =
        "\"reply\":\"ok\",\"protocol\":1,"
            + "\"implementation\":{\"name\":\"my-port\",\"version\":\"0.1\",\"language\":\"Java\",\"homepage\":\"\"},"
            + "\"capabilities\":{\"updaters\":[\"SGD\"],\"types\":[\"float32\",\"float64\"],\"unchained\":true,"
            + "\"arrays\":\"base64\"}";

    /** What this port does not do: the case is reported as not run. */
    private static final class Unsupported extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unsupported(String reason) {
            super(reason);
        }
    }

    private final Map<Integer, Map<String, Object>> sessions = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        // Whatever the port prints must not come between the replies.
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
                refuseWhatIsNotSgd(network);
                sessions.put(number(request, "session"), network);
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
        Map<String, Object> network = sessions.get(number(request, "session"));
        StringJoiner updates = new StringJoiner(",", "{", "}");
        for (Object entry : (List<?>) request.get("gradients")) {
            String key = (String) object(entry).get("key");
            // Arrays travel as little-endian bytes in base64.
            byte[] array = Base64.getDecoder().decode((String) object(object(entry).get("values")).get("base64"));
            ByteBuffer values = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
            update(network, values, learningRate(network, key), number(request, "batch_size"));
            updates.add(Json.quoted(key) + ":{\"base64\":\"" + Base64.getEncoder().encodeToString(array) + "\"}");
        }
        return updates.toString();
    }

    /** The update of one parameter, in place on its gradient. */
    private static void update(Map<String, Object> network, ByteBuffer values, double rate, int batchSize) {
        boolean divide = (boolean) object(network.get("conf")).getOrDefault("mini_batch", true);
        boolean isFloat32 = network.get("dtype").equals("float32");
        for (int at = 0; at < values.limit(); at += isFloat32 ? Float.BYTES : Double.BYTES) {
            if (isFloat32) {
                float g = values.getFloat(at) * (float) scalar(rate);
                values.putFloat(at, divide ? g / (float) batchSize : g);
            } else {
                double g = values.getDouble(at) * scalar(rate);
                values.putDouble(at, divide ? g / batchSize : g);
            }
        }
    }

    /** A Java double that meets an array: NaN becomes 1e-5; rounding to the array's type follows. */
    private static double scalar(double x) {
        return Double.isNaN(x) ? 1e-5 : x;
    }

    /** Of the layer, else of the network, else 0.1; a bias may have its own. */
    private static double learningRate(Map<String, Object> network, String key) {
        List<?> layers = (List<?>) network.get("layers");
        if (!key.matches("(0|[1-9]\\d{0,8})_[Wb]") || Integer.parseInt(key.split("_")[0]) >= layers.size()) {
            throw new Unsupported("this gradient key");
        }
        Map<String, Object> layer = object(layers.get(Integer.parseInt(key.split("_")[0])));
        double rate = setting(layer, "learning_rate", Double.NaN);
        if (Double.isNaN(rate)) {
            rate = setting(object(network.get("conf")), "learning_rate", 0.1);
        }
        double biasRate = setting(layer, "bias_learning_rate", Double.NaN);
        return key.endsWith("b") && !Double.isNaN(biasRate) ? biasRate : rate;
    }

    /** A setting: a number or "NaN", "Infinity", "-Infinity". */
    private static double setting(Map<String, Object> settings, String name, double otherwise) {
        Object value = settings.get(name);
        return value == null ? otherwise : Double.parseDouble(value.toString());
    }

    /** Throws Unsupported for settings that need more than this file has. */
    private static void refuseWhatIsNotSgd(Map<String, Object> network) {
        Map<String, Object> conf = object(network.get("conf"));
        if (Boolean.TRUE.equals(conf.get("use_regularization"))) {
            throw new Unsupported("penalties");
        }
        for (String name : conf.keySet()) {
            if (name.startsWith("lr_policy") || name.equals("learning_rate_schedule")) {
                throw new Unsupported("learning-rate policies");
            }
        }
        for (Object entry : (List<?>) network.get("layers")) {
            Map<String, Object> layer = object(entry);
            if (!inherited(layer, conf, "updater", "SGD").equals("SGD")) {
                throw new Unsupported("updaters other than SGD");
            }
            if (!layer.getOrDefault("type", "dense").equals("dense")
                || Boolean.TRUE.equals(layer.get("frozen"))
                || Boolean.TRUE.equals(layer.get("pretrain"))) {
                throw new Unsupported("layers other than dense ones");
            }
            if (!inherited(layer, conf, "gradient_normalization", "None").equals("None")) {
                throw new Unsupported("gradient normalisation");
            }
        }
    }

    private static Object inherited(Map<String, Object> layer, Map<String, Object> conf, String name, String otherwise) {
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
