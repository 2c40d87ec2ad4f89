package dl4jconformance;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.shade.jackson.databind.JsonNode;

/** The parts of a description that both versions have: settings, numbers, and the objects that configure updaters. */
final class Description {
    private Description() {}

    /** The names of an object's settings; null is absent. */
    static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        for (Iterator<Map.Entry<String, JsonNode>> fields = object.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            if (!field.getValue().isNull()) {
                names.add(field.getKey());
            }
        }
        return names;
    }

    /** A JSON number, or NaN, Infinity or -Infinity as a string. */
    static double number(JsonNode value) {
        return value.isTextual() ? Double.parseDouble(value.asText()) : value.asDouble();
    }

    /** Doubles by count. */
    static Map<Integer, Double> map(JsonNode object) {
        Map<Integer, Double> map = new TreeMap<>();
        for (String name : names(object)) {
            map.put(Integer.valueOf(name), number(object.get(name)));
        }
        return map;
    }

    /** A new object of the class of ND4J's that an updater's description names. */
    static IUpdater updater(JsonNode described) throws ReflectiveOperationException {
        Class<?> type = Class.forName("org.nd4j.linalg.learning.config." + described.get("type").asText());
        if (described.path("builder").asBoolean()) {
            Object builder = type.getMethod("builder").invoke(null);
            return (IUpdater) builder.getClass().getMethod("build").invoke(builder);
        }
        return (IUpdater) type.getConstructor().newInstance();
    }

    /** Calls the setter of a setting, whose name is in snake_case. */
    static void set(IUpdater updater, String setting, Class<?> type, Object value) throws ReflectiveOperationException {
        StringBuilder setter = new StringBuilder("set");
        for (String word : setting.split("_")) {
            setter.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
        }
        updater.getClass().getMethod(setter.toString(), type).invoke(updater, value);
    }

    static Adapter.UnsupportedException unknown(String what, String name) {
        return new Adapter.UnsupportedException("unknown " + what + " \"" + name + "\"");
    }
}
