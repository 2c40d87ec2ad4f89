package dl4jconformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterCreator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** A network of DL4J and its updater, driven as training drives it. */
final class BlockSession {
    private final MultiLayerNetwork network;
    private final MultiLayerUpdater updater;
    private final Patterns patterns;
    /** Where the gradients of an update stand: own, flat or map. */
    private final String form;
    /** The parameters in flat order, with the places where they begin and their lengths. */
    private final Map<String, int[]> places = new LinkedHashMap<>();

    BlockSession(JsonNode described) throws ReflectiveOperationException {
        patterns = new Patterns(described.get("dtype").asText());
        form = described.path("gradient").asText("own");
        network = new MultiLayerNetwork(Version.configuration(described));
        network.init();
        updater = (MultiLayerUpdater) UpdaterCreator.getUpdater(network);
        if (network.getFlattenedGradients() == null) {
            network.initGradientsView();
        }
        int from = 0;
        for (Map.Entry<String, INDArray> view : views(network.getFlattenedGradients()).entrySet()) {
            int length = (int) view.getValue().length();
            places.put(view.getKey(), new int[] {from, length});
            from += length;
        }
        put(described.get("params"), network.params());
    }

    /** The views of every parameter into a flat array, in flat order. */
    private Map<String, INDArray> views(INDArray flat) {
        Map<String, INDArray> views = new LinkedHashMap<>();
        int from = 0;
        Layer[] layers = network.getLayers();
        for (int i = 0; i < layers.length; i++) {
            int length = (int) layers[i].numParams();
            List<Map.Entry<String, INDArray>> found = new ArrayList<>(layers[i].conf().getLayer().initializer()
                    .getGradientsFromFlattened(layers[i].conf(), Version.slice(flat, from, from + length)).entrySet());
            found.sort((x, y) -> Long.compare(x.getValue().offset(), y.getValue().offset()));
            for (Map.Entry<String, INDArray> view : found) {
                views.put(i + "_" + view.getKey(), view.getValue());
            }
            from += length;
        }
        return views;
    }

    private void put(JsonNode arrays, INDArray flat) {
        for (String key : Description.names(arrays)) {
            patterns.put(arrays.get(key), flat, places.get(key)[0]);
        }
    }

    private void putGradients(JsonNode gradients, INDArray flat) {
        for (JsonNode entry : gradients) {
            patterns.put(entry.get("values"), flat, places.get(entry.get("key").asText())[0]);
        }
    }

    ArrayNode blocks() {
        ArrayNode blocks = JsonNodeFactory.instance.arrayNode();
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            ObjectNode described = blocks.addObject();
            ArrayNode params = described.putArray("params");
            for (UpdaterBlock.ParamState state : block.getLayersAndVariablesInBlock()) {
                params.add(Arrays.<Object>asList(network.getLayers()).indexOf(state.getLayer()) + "_"
                        + state.getParamName());
            }
            described.put("updater", block.getGradientUpdater().getConfig().getClass().getSimpleName());
            described.put("param_offset_start", block.getParamOffsetStart());
            described.put("param_offset_end", block.getParamOffsetEnd());
            described.put("updater_view_offset_start", block.getUpdaterViewOffsetStart());
            described.put("updater_view_offset_end", block.getUpdaterViewOffsetEnd());
        }
        return blocks;
    }

    JsonNode state() {
        INDArray state = updater.getStateViewArray();
        return state == null ? JsonNodeFactory.instance.nullNode() : patterns.of(state);
    }

    void update(JsonNode request, ObjectNode seen) {
        INDArray own = network.getFlattenedGradients();
        INDArray flat = form.equals("own") ? own : own.dup();
        putGradients(request.get("gradients"), flat);
        if (!form.equals("own")) {
            putGradients(request.get("own_gradients"), own);
        }
        Gradient gradient = form.equals("map") ? new DefaultGradient() : new DefaultGradient(flat);
        for (Map.Entry<String, INDArray> view : views(flat).entrySet()) {
            INDArray array = view.getValue();
            gradient.setGradientFor(view.getKey(), form.equals("map") ? array.dup(array.ordering()) : array);
        }
        int iteration = request.get("iteration").asInt();
        int epoch = request.get("epoch").asInt();
        try {
            Version.update(updater, gradient, iteration, epoch, request.get("batch_size").asInt());
        } catch (RuntimeException thrown) {
            Adapter.failure(seen.putObject("failure"), thrown);
        }
        seen.set("updates", byKey(form.equals("map") ? gradient.gradient() : flat));
        seen.set("state", state());
        if (!form.equals("own")) {
            seen.set("own_gradients", byKey(own));
        }
        try {
            Version.rates(network, updater, iteration, epoch, seen);
        } catch (RuntimeException thrown) {
            // A schedule without a value: the update has failed for the same reason.
            seen.putArray("learning_rates");
            seen.putArray("momentum");
        }
    }

    private ObjectNode byKey(INDArray flat) {
        ObjectNode arrays = JsonNodeFactory.instance.objectNode();
        places.forEach((key, place) -> arrays.set(key, patterns.of(flat, place[0], place[1])));
        return arrays;
    }
}
