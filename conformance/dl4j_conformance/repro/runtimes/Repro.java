// {{about}}

class Repro {
    static final double NAN = Double.NaN, INFINITY = Double.POSITIVE_INFINITY;
    static final int DIGITS = {{digits}};
    static int differ = 0;

    static double quotient(double x, double y) {
        return x / y;
    }

    static double root(double x) {
        return Math.sqrt(x);
    }

    static double floor(double x) {
        return Math.floor(x);
    }

    static {{real}}[] array(String bits) {
        String[] patterns = bits.isEmpty() ? new String[0] : bits.split(" ");
        {{real}}[] x = new {{real}}[patterns.length];
        for (int i = 0; i < x.length; i++) x[i] = ({{real}}) value(Long.parseUnsignedLong(patterns[i], 16));
        return x;
    }

    static double value(long bits) {
        return DIGITS == 8 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    static String pattern({{real}} x) {
        long bits = DIGITS == 8 ? Float.floatToIntBits((float) x) & 0xffffffffL : Double.doubleToLongBits(x);
        return String.format("%0" + DIGITS + "x", bits);
    }

    static {{real}}[] full(int length, double s) {
        {{real}}[] x = new {{real}}[length];
        java.util.Arrays.fill(x, ({{real}}) s);
        return x;
    }

    static {{real}}[] join({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = java.util.Arrays.copyOf(x, x.length + y.length);
        System.arraycopy(y, 0, z, x.length, y.length);
        return z;
    }

    static {{real}}[] part({{real}}[] x, int start, int stop) {
        return java.util.Arrays.copyOfRange(x, start, stop);
    }

    static double item({{real}}[] x) {
        return x[0];
    }

    static {{real}}[] add({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] + y[i];
        return z;
    }

    static {{real}}[] subtract({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] - y[i];
        return z;
    }

    static {{real}}[] multiply({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] * y[i];
        return z;
    }

    static {{real}}[] divide({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] / y[i];
        return z;
    }

    static {{real}}[] add_scalar({{real}}[] x, double s) {
        return add(x, full(x.length, s));
    }

    static {{real}}[] subtract_scalar({{real}}[] x, double s) {
        return subtract(x, full(x.length, s));
    }

    static {{real}}[] multiply_scalar({{real}}[] x, double s) {
        return multiply(x, full(x.length, s));
    }

    static {{real}}[] divide_scalar({{real}}[] x, double s) {
        return divide(x, full(x.length, s));
    }

    static {{real}}[] scalar_divided_by({{real}}[] x, double s) {
        return divide(full(x.length, s), x);
    }

    static {{real}}[] roots({{real}}[] x) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = ({{real}}) Math.sqrt(x[i]);
        return z;
    }

    static {{real}}[] signs({{real}}[] x) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] > 0 ? 1 : x[i] < 0 ? -1 : 0;
        return z;
    }

    static {{real}}[] clip_above({{real}}[] x, double s) {
        {{real}}[] z = x.clone();
        for (int i = 0; i < z.length; i++) if (z[i] > ({{real}}) s) z[i] = ({{real}}) s;
        return z;
    }

    static {{real}}[] clip_below({{real}}[] x, double s) {
        {{real}}[] z = x.clone();
        for (int i = 0; i < z.length; i++) if (z[i] < ({{real}}) s) z[i] = ({{real}}) s;
        return z;
    }

    static {{real}}[] magnitudes({{real}}[] x) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = Math.abs(x[i]);
        return z;
    }

    static {{real}}[] larger({{real}}[] x, {{real}}[] y) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = x[i] > y[i] ? x[i] : y[i];
        return z;
    }

    static {{real}}[] add_in_double({{real}}[] x, double s) {
        {{real}}[] z = new {{real}}[x.length];
        for (int i = 0; i < z.length; i++) z[i] = ({{real}}) (x[i] + s);
        return z;
    }

    static double absolute({{real}}[] x) {
        return Math.abs((double) x[0]);
    }

    static double norm2({{real}}[] x) {
        return norm2_of_view(x, 0);
    }

    /** The squares, summed as ND4J's native code does in one thread; offset is where x begins in a longer array. */
    static double norm2_of_view({{real}}[] x, int offset) {
        return ({{real}}) Math.sqrt(total(multiply(x, x), offset));
    }

    /** The squares, summed from the first to the last. */
    static double norm2_in_order({{real}}[] x) {
        {{real}}[] squares = multiply(x, x);
        return ({{real}}) Math.sqrt(inOrder(squares[0], part(squares, 1, squares.length)));
    }

    static {{real}} total({{real}}[] squares, int offset) {
        int n = squares.length, lanes = DIGITS == 8 ? 4 : 2;
        if (n < (lanes == 4 ? 23 : 22) || n >= 32) return inOrder(squares[0], part(squares, 1, n));
        int start = (lanes - offset % lanes) % lanes, vectors = (n - start) / lanes, next = 0;
        {{real}}[] aligned = part(squares, start, start + vectors * lanes);
        {{real}}[] sums = new {{real}}[lanes];
        if (lanes == 2) {
            for (; next < 4 * ((vectors - 1) / 4); next += 4) {
                {{real}}[] a = vector(aligned, next, 2), b = vector(aligned, next + 1, 2);
                {{real}}[] c = vector(aligned, next + 2, 2), d = vector(aligned, next + 3, 2);
                sums = add(sums, add(add(add(a, b), c), d));
            }
        }
        for (; next < vectors; next++) sums = add(sums, vector(aligned, next, lanes));
        {{real}} sumOfLanes = lanes == 4 ? (sums[0] + sums[2]) + (sums[1] + sums[3]) : sums[1] + sums[0];
        {{real}} before = inOrder(0, part(squares, 0, start));
        return inOrder(before + sumOfLanes, part(squares, start + vectors * lanes, n));
    }

    static {{real}}[] vector({{real}}[] x, int number, int lanes) {
        return part(x, number * lanes, (number + 1) * lanes);
    }

    static {{real}} inOrder({{real}} start, {{real}}[] squares) {
        for ({{real}} square : squares) start += square;
        return start;
    }

    static void dl4j_throws(String what) {
        System.out.println(what);
    }

    static void show(String what, {{real}}[] x, String expected) {
        StringBuilder bits = new StringBuilder();
        for ({{real}} value : x) bits.append(bits.length() == 0 ? "" : " ").append(pattern(value));
        if (!bits.toString().equals(expected)) differ++;
        System.out.println((what + " " + bits).stripTrailing());
    }

    public static void main(String[] arguments) {
{{statements}}
        System.out.println(differ == 0 ? "as expected" : differ + " arrays differ from what DL4J computes");
        System.exit(differ == 0 ? 0 : 1);
    }
}
