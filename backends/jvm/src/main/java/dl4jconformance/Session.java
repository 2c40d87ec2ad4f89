package dl4jconformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** A network of DL4J and its updater. What DL4J throws passes through. */
final class Session {
    /** DL4J reads the layer of a key with Integer.parseInt: "+0_W" and "000_W" name the parameter 0_W too. */
    private static final Pattern NEEDLESS = Pattern.compile("^[+-]?0*(?=[0-9])");

    private final Trained network;
    private final Map<String, INDArray> parameters;
    private final Values values;
    /** Whether gradients are views of one array, as in training. */
    private final boolean gradientView;

    private Session(Trained network, Values values, boolean gradientView) {
        this.network = network;
        this.gradientView = gradientView;
        this.parameters = network.inOrder();
        this.values = values;
    }

    static Session open(JsonNode described, Values values) {
        Trained network = Networks.build(described, values);
        if (described.has("state")) {
            JsonNode state = described.get("state");
            network.construct(state.isNull() ? null : values.rowVector(state));
        }
        // Where DL4J cannot construct the updater, opening fails.
        network.state();
        return new Session(network, values, described.path("gradient_view").asBoolean());
    }

    /** The session on a clone of the network. */
    Session copy() {
        return new Session(network.copy(), values, gradientView);
    }

    /** The session on what is read back of the network. */
    Session restored(boolean withUpdater) throws IOException {
        return new Session(network.restored(withUpdater), values, gradientView);
    }

    void freeze(int layer) {
        network.freeze(layer);
    }

    void endPretraining(int layer) {
        network.getLayers()[layer].conf().setPretrain(false);
    }

    void cloneUpdater() {
        network.cloneUpdater();
    }

    void clear() {
        network.clear();
    }

    void average(List<Session> others, boolean combined) {
        List<TrainedLayer> layers = new ArrayList<>();
        for (Session other : others) {
            layers.add((TrainedLayer) other.network);
        }
        ((TrainedLayer) network).average(layers, combined);
    }

    void update(JsonNode request, ObjectNode reply) {
        Gradient gradient = new DefaultGradient();
        Map<String, INDArray> views = gradientView
                ? Backpropagation.views(network.inOrder(), Nd4j.create(1, Math.max(1, length())))
                : Collections.emptyMap();
        for (JsonNode entry : request.get("gradients")) {
            String key = entry.get("key").asText();
            gradient.setGradientFor(key, gradientArray(key, entry.get("values"), views));
        }
        // The updater may replace what the map holds; what the caller finds are the arrays it gave.
        Map<String, INDArray> given = new LinkedHashMap<>(gradient.gradientForVariable());
        network.update(gradient, request.get("iteration").asInt(), request.get("batch_size").asInt());
        observe(given, reply);
    }

    /** One iteration of the optimiser, whose backpropagation and line search give what the request says. */
    void iterate(JsonNode request, ObjectNode reply) {
        Backpropagation given = network.backpropagation();
        given.begin(request.get("batch_size").asInt());
        give(given, request);
        if (request.has("search")) {
            give(given, request.get("search"));
        }
        for (JsonNode search : request.path("further")) {
            give(given, search);
        }
        network.iterate();
        observe(given.updates, reply);
        reply.set("params", arrays(network.inOrder()));
        reply.set("heard", arrays(given.heard));
        reply.put("iteration_done", given.iterationDone);
        reply.put("iteration_count", network.iterationCount());
    }

    private void give(Backpropagation backpropagation, JsonNode given) {
        Map<String, INDArray> gradients = new LinkedHashMap<>();
        for (JsonNode entry : given.get("gradients")) {
            String key = entry.get("key").asText();
            gradients.put(key, gradientArray(key, entry.get("values"), Collections.emptyMap()));
        }
        Double step = given.has("step") ? Values.toDouble(given.get("step").asText()) : null;
        List<Double> tries = new ArrayList<>();
        for (JsonNode score : given.path("tries")) {
            tries.add(Values.toDouble(score.asText()));
        }
        backpropagation.give(gradients, Values.toDouble(given.get("score").asText()), step, tries);
    }

    private ObjectNode arrays(Map<String, INDArray> arrays) {
        ObjectNode patterns = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, INDArray> entry : arrays.entrySet()) {
            patterns.set(entry.getKey(), values.patterns(entry.getValue()));
        }
        return patterns;
    }

    private void observe(Map<String, INDArray> given, ObjectNode reply) {
        reply.set("updates", arrays(given));
        reply.set("state", state());
        ObjectNode rates = reply.putObject("learning_rates");
        ObjectNode momentum = reply.putObject("momentum");
        Layer[] layers = network.getLayers();
        for (int i = 0; i < layers.length; i++) {
            String name = network.names().get(i);
            for (Map.Entry<String, Double> rate : layers[i].conf().getLearningRateByParam().entrySet()) {
                rates.put(network.key(i, rate.getKey()), Values.pattern(rate.getValue()));
            }
            momentum.put(name, Values.pattern(layers[i].conf().getLayer().getMomentum()));
        }
    }

    /** What updates take, in nanoseconds each: of gradients from -1 to 1, which are put back before every one. */
    ArrayNode time(JsonNode request) {
        Map<String, INDArray> fresh = new LinkedHashMap<>();
        Map<String, INDArray> given = new LinkedHashMap<>();
        for (JsonNode key : request.get("keys")) {
            INDArray parameter = parameters.get(key.asText());
            fresh.put(key.asText(), Nd4j.linspace(-1, 1, parameter.length()).reshape(parameter.ordering(), parameter.shape()));
            given.put(key.asText(), Nd4j.create(parameter.shape(), parameter.ordering()));
        }
        ArrayNode nanoseconds = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < request.get("updates").asInt(); i++) {
            Gradient gradient = new DefaultGradient();
            given.forEach((key, array) -> gradient.setGradientFor(key, array.assign(fresh.get(key))));
            long start = System.nanoTime();
            network.update(gradient, request.get("iteration").asInt(), request.get("batch_size").asInt());
            nanoseconds.add(System.nanoTime() - start);
        }
        return nanoseconds;
    }

    void compare(Session other, ObjectNode reply) {
        Object left = network.updater();
        Object right = other.network.updater();
        reply.put("equal", left.equals(right)).put("same_hash", left.hashCode() == right.hashCode());
    }

    JsonNode state() {
        INDArray state = network.state();
        return state == null ? JsonNodeFactory.instance.nullNode() : values.patterns(state);
    }

    void setState(JsonNode state) {
        network.setState(values.rowVector(state));
    }

    void setLearningRate(String key, String pattern) {
        boolean bare = network.key(0, "").isEmpty();
        int separator = bare ? -1 : key.lastIndexOf('_');
        int index = bare ? 0 : network.names().indexOf(key.substring(0, separator));
        network.getLayers()[index].conf().setLearningRateByParam(key.substring(separator + 1), Values.toDouble(pattern));
    }

    private int length() {
        return parameters.values().stream().mapToInt(INDArray::length).sum();
    }

    /** Shaped and ordered as backpropagation makes it; a row vector for a key that is not a parameter's. */
    private INDArray gradientArray(String key, JsonNode patterns, Map<String, INDArray> views) {
        INDArray parameter = parameters.get(network.key(0, "").isEmpty() ? key : NEEDLESS.matcher(key).replaceFirst(""));
        if (parameter == null || parameter.length() != patterns.size()) {
            return values.rowVector(patterns);
        }
        INDArray array = values.array(patterns, parameter.shape(), parameter.ordering());
        return views.containsKey(key) ? views.get(key).assign(array) : array;
    }
}
