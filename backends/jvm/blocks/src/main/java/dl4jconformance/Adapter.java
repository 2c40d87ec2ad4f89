package dl4jconformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** The requests of the protocol, answered by the sessions they name. */
final class Adapter {
    private final Map<Integer, BlockSession> sessions = new HashMap<>();
    private final int threads;
    private String dtype;

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
            Throwable cause = thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
            return failure(begin(request, "error"), cause);
        }
    }

    /** Writes an exception of DL4J's into a reply, or into a part of one. */
    static ObjectNode failure(ObjectNode into, Throwable thrown) {
        return into.put("kind", thrown.getClass().getSimpleName()).put("message", String.valueOf(thrown.getMessage()));
    }

    private static ObjectNode begin(JsonNode request, String reply) {
        ObjectNode begun = JsonNodeFactory.instance.objectNode();
        begun.set("seq", request.get("seq"));
        return begun.put("reply", reply);
    }

    private void answer(JsonNode request, ObjectNode reply) throws ReflectiveOperationException {
        String operation = request.path("op").asText();
        switch (operation) {
            case "hello":
                hello(reply);
                break;
            case "open":
                sessions.put(request.get("session").asInt(), open(request.get("network")));
                break;
            case "blocks":
                reply.set("blocks", session(request).blocks());
                break;
            case "state":
                reply.set("state", session(request).state());
                break;
            case "update_blocks":
                session(request).update(request, reply.putObject("seen"));
                break;
            case "close":
                sessions.remove(request.get("session").asInt());
                break;
            case "java_math":
                double value = javaMath(request.get("function").asText(), request.get("arguments"));
                reply.put("value", Patterns.of(value));
                break;
            case "environment":
                environment(reply.putObject("environment"));
                break;
            default:
                throw new IllegalRequestError("unknown operation \"" + operation + "\"");
        }
    }

    private BlockSession open(JsonNode network) throws ReflectiveOperationException {
        String version = network.path("dl4j").asText("0.8.0");
        if (!version.equals(Version.NAME)) {
            throw new UnsupportedException("this is DL4J " + Version.NAME + ", not " + version);
        }
        // DL4J 0.9.1 has one type per process, which has to be chosen before the first array is made.
        if (dtype == null) {
            dtype = network.get("dtype").asText();
            Version.start(dtype, threads);
        }
        if (!dtype.equals(network.get("dtype").asText())) {
            throw new UnsupportedException("this process computes in " + dtype);
        }
        return new BlockSession(network);
    }

    private static void hello(ObjectNode reply) {
        reply.put("protocol", 1);
        reply.putObject("implementation")
                .put("name", "Deeplearning4j")
                .put("version", version("org.deeplearning4j", "deeplearning4j-nn"))
                .put("language", "Java " + System.getProperty("java.version"))
                .put("homepage", "https://deeplearning4j.org");
        reply.putArray("dl4j").add(Version.NAME);
        reply.putObject("capabilities").put("state_out", true).put("learning_rates", true);
    }

    /** What a recording has to name: everything that its bits may depend on. */
    private void environment(ObjectNode environment) {
        environment
                .put("deeplearning4j-nn", version("org.deeplearning4j", "deeplearning4j-nn"))
                .put("nd4j-native", version("org.nd4j", "nd4j-native"))
                .put("java", System.getProperty("java.version"))
                .put("jvm", System.getProperty("java.vm.name"))
                .put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .put("openblas", String.valueOf(System.getenv("OPENBLAS_CORETYPE")))
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
        double x = Patterns.toDouble(arguments.get(0).asText());
        switch (function) {
            case "pow":
                return Math.pow(x, Patterns.toDouble(arguments.get(1).asText()));
            case "exp":
                return Math.exp(x);
            default:
                throw new IllegalRequestError("unknown function \"" + function + "\"");
        }
    }

    private BlockSession session(JsonNode request) {
        BlockSession session = sessions.get(request.get("session").asInt());
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
