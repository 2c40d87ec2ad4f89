package dl4jconformance;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;

/** Values of arrays as big-endian hex bit patterns, in the order in which they stand in the array, and back. */
final class Patterns {
    private final boolean isDouble;

    /** Of arrays of {@code dtype}: float32 or float64. */
    Patterns(String dtype) {
        isDouble = dtype.equals("float64");
    }

    /** The values of an array, which may be a view. */
    ArrayNode of(INDArray array) {
        return of(array, 0, (int) array.length());
    }

    /** So many values of an array from a place on. */
    ArrayNode of(INDArray array, int from, int length) {
        ArrayNode patterns = JsonNodeFactory.instance.arrayNode();
        DataBuffer buffer = array.data();
        for (int i = from; i < from + length; i++) {
            patterns.add(isDouble
                    ? of(buffer.getDouble(i))
                    : hex(Float.floatToIntBits(buffer.getFloat(i)), 8));
        }
        return patterns;
    }

    /** Puts values into an array from a place on. */
    void put(JsonNode patterns, INDArray array, int from) {
        DataBuffer buffer = array.data();
        for (int i = 0; i < patterns.size(); i++) {
            String pattern = patterns.get(i).asText();
            if (isDouble) {
                buffer.put(from + i, toDouble(pattern));
            } else {
                buffer.put(from + i, Float.intBitsToFloat(Integer.parseUnsignedInt(pattern, 16)));
            }
        }
    }

    static double toDouble(String pattern) {
        return Double.longBitsToDouble(Long.parseUnsignedLong(pattern, 16));
    }

    static String of(double value) {
        return hex(Double.doubleToLongBits(value), 16);
    }

    private static String hex(long bits, int digits) {
        char[] text = new char[digits];
        for (int i = 0; i < digits; i++) {
            text[i] = Character.forDigit((int) (bits >>> 4 * (digits - 1 - i)) & 0xf, 16);
        }
        return new String(text);
    }
}
