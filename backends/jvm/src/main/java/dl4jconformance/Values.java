package dl4jconformance;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;

/** Arrays of the process's type as big-endian hex bit patterns, in the order in which they stand in the array's own buffer, and back. */
final class Values {
    final String dtype;
    private final boolean isDouble;

    /** Makes {@code dtype} (float32 or float64) ND4J's type. */
    Values(String dtype) {
        this.dtype = dtype;
        isDouble = dtype.equals("float64");
        Nd4j.setDataType(isDouble ? DataBuffer.Type.DOUBLE : DataBuffer.Type.FLOAT);
    }

    INDArray rowVector(JsonNode patterns) {
        return array(patterns, new int[] {1, patterns.size()}, 'f');
    }

    INDArray array(JsonNode patterns, int[] shape, char ordering) {
        if (isDouble) {
            double[] doubles = new double[patterns.size()];
            for (int i = 0; i < doubles.length; i++) {
                doubles[i] = toDouble(patterns.get(i).asText());
            }
            return Nd4j.create(doubles, shape, ordering);
        }
        float[] floats = new float[patterns.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(patterns.get(i).asText(), 16));
        }
        return Nd4j.create(floats, shape, ordering);
    }

    ArrayNode patterns(INDArray array) {
        ArrayNode patterns = JsonNodeFactory.instance.arrayNode();
        // A copy: the array may be a view into a longer buffer.
        DataBuffer buffer = array.dup(array.ordering()).data();
        for (int i = 0; i < array.length(); i++) {
            patterns.add(isDouble ? pattern(buffer.getDouble(i)) : pattern(buffer.getFloat(i)));
        }
        return patterns;
    }

    static double toDouble(String pattern) {
        return Double.longBitsToDouble(Long.parseUnsignedLong(pattern, 16));
    }

    static String pattern(double value) {
        return hex(Double.doubleToRawLongBits(value), 16);
    }

    private static String pattern(float value) {
        return hex(Float.floatToRawIntBits(value), 8);
    }

    private static String hex(long bits, int digits) {
        char[] text = new char[digits];
        for (int i = 0; i < digits; i++) {
            text[i] = Character.forDigit((int) (bits >>> 4 * (digits - 1 - i)) & 0xf, 16);
        }
        return new String(text);
    }
}
