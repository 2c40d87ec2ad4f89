package dl4jconformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** The requests of the protocol, answered by the sessions they name. */
final class Adapter {
    private final Map<Integer, Session> sessions = new HashMap<>();
    private final int threads;
    private Values values;

    Adapter(int threads) {
        this.threads = threads;
    }

    ObjectNode reply(JsonNode request) {
        ObjectNode ok = begin(request, "ok");
        try {
            answer(request, ok);
            return ok;
        } catch (UnsupportedException refusal) {
            return begin(request, "unsupported").put("reason", refusal.getMessage());
        } catch (Exception thrown) {
            return begin(request, "error")
                    .put("kind", thrown.getClass().getSimpleName())
                    .put("message", String.valueOf(thrown.getMessage()));
        }
    }

    private static ObjectNode begin(JsonNode request, String reply) {
        ObjectNode begun = JsonNodeFactory.instance.objectNode();
        begun.set("seq", request.get("seq"));
        return begun.put("reply", reply);
    }

    private void answer(JsonNode request, ObjectNode reply) throws IOException {
        String operation = request.path("op").asText();
        switch (operation) {
            case "hello":
                hello(reply);
                break;
            case "open":
                JsonNode network = request.get("network");
                chooseType(network.get("dtype").asText());
                sessions.put(request.get("session").asInt(), Session.open(network, values));
                break;
            case "update":
                session(request).update(request, reply);
                break;
            case "iterate":
                session(request).iterate(request, reply);
                break;
            case "state":
                reply.set("state", session(request).state());
                break;
            case "set_state":
                session(request).setState(request.get("state"));
                break;
            case "set_learning_rate":
                session(request).setLearningRate(request.get("key").asText(), request.get("learning_rate").asText());
                break;
            case "clone":
                sessions.put(request.get("as").asInt(), session(request).copy());
                break;
            case "restore":
                Session restored = session(request).restored(request.get("with_updater").asBoolean());
                sessions.put(request.get("as").asInt(), restored);
                break;
            case "freeze":
                session(request).freeze(request.get("layer").asInt());
                break;
            case "end_pretraining":
                session(request).endPretraining(request.get("layer").asInt());
                break;
            case "clone_updater":
                session(request).cloneUpdater();
                break;
            case "clear":
                session(request).clear();
                break;
            case "average":
                session(request).average(others(request.get("others")), request.get("combined").asBoolean());
                break;
            case "compare":
                session(request).compare(sessions.get(request.get("other").asInt()), reply);
                break;
            case "time":
                reply.set("nanoseconds", session(request).time(request));
                break;
            case "close":
                sessions.remove(request.get("session").asInt());
                break;
            case "java_math":
                reply.put("value", Values.pattern(javaMath(request.get("function").asText(), request.get("arguments"))));
                break;
            case "environment":
                environment(reply.putObject("environment"));
                break;
            default:
                throw new IllegalRequestError("unknown operation \"" + operation + "\"");
        }
    }

    private List<Session> others(JsonNode numbers) {
        List<Session> others = new ArrayList<>();
        for (JsonNode number : numbers) {
            others.add(sessions.get(number.asInt()));
        }
        return others;
    }

    private static void hello(ObjectNode reply) {
        reply.put("protocol", 1);
        reply.putObject("implementation")
                .put("name", "Deeplearning4j")
                .put("version", version("org.deeplearning4j", "deeplearning4j-nn"))
                .put("language", "Java " + System.getProperty("java.version"))
                .put("homepage", "https://deeplearning4j.org");
        ObjectNode capabilities = reply.putObject("capabilities");
        for (String name : Arrays.asList(
                "state_out", "state_in", "learning_rates", "set_learning_rate", "clone", "gradient_view", "optimizer", "graph", "layer", "equality",
                "line_search", "backtracking", "search_directions", "freeze", "serialization", "aggregation", "clear", "unchained", "topology", "pretraining",
                "model_files")) {
            capabilities.put(name, true);
        }
    }

    /** What a recording has to name: everything that its bits may depend on. */
    private void environment(ObjectNode environment) {
        environment
                .put("deeplearning4j-nn", version("org.deeplearning4j", "deeplearning4j-nn"))
                .put("nd4j-native", version("org.nd4j", "nd4j-native"))
                .put("java", System.getProperty("java.version"))
                .put("jvm", System.getProperty("java.vm.name"))
                .put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .put("threads", String.valueOf(threads));
    }

    /** The version that a library's jar says it has. */
    private static String version(String group, String artifact) {
        String resource = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
        Properties properties = new Properties();
        try (InputStream stream = Adapter.class.getResourceAsStream(resource)) {
            properties.load(stream);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return properties.getProperty("version");
    }

    /** This JVM's functions: Java allows them an ulp, so that DL4J's bits depend on the JVM. */
    private static double javaMath(String function, JsonNode arguments) {
        double x = Values.toDouble(arguments.get(0).asText());
        switch (function) {
            case "pow":
                return Math.pow(x, Values.toDouble(arguments.get(1).asText()));
            case "exp":
                return Math.exp(x);
            default:
                throw new IllegalRequestError("unknown function \"" + function + "\"");
        }
    }

    /** ND4J has one type per process, which has to be chosen before the first array is made. */
    private void chooseType(String dtype) {
        if (values == null) {
            values = new Values(dtype);
            NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
        }
        if (!values.dtype.equals(dtype)) {
            throw new UnsupportedException("this process computes in " + values.dtype + ": ND4J has one type per process");
        }
    }

    private Session session(JsonNode request) {
        Session session = sessions.get(request.get("session").asInt());
        if (session == null) {
            throw new IllegalRequestError("no session " + request.get("session"));
        }
        return session;
    }

    /** What DL4J could do and this adapter does not. */
    static final class UnsupportedException extends RuntimeException {
        UnsupportedException(String reason) {
            super(reason);
        }
    }

    /** A request that breaks the protocol. It ends the adapter: no reply may pass for DL4J's. */
    static final class IllegalRequestError extends Error {
        IllegalRequestError(String problem) {
            super(problem);
        }
    }
}
