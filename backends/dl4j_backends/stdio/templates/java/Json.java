import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON: objects as maps, arrays as lists, numbers as doubles. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The value that a line spells. */
    static Object read(String line) {
        Json json = new Json(line);
        Object value = json.value();
        json.skipSpace();
        if (json.at != line.length()) {
            throw json.error();
        }
        return value;
    }

    /** A string literal. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private Object value() {
        skipSpace();
        char c = text.charAt(at);
        if (c == '{') {
            Map<String, Object> object = new LinkedHashMap<>();
            list('}', () -> {
                skipSpace();
                String key = string();
                skipSpace();
                expect(':');
                object.put(key, value());
            });
            return object;
        }
        if (c == '[') {
            List<Object> array = new ArrayList<>();
            list(']', () -> array.add(value()));
            return array;
        }
        if (c == '"') {
            return string();
        }
        for (Map.Entry<String, Object> word : WORDS.entrySet()) {
            if (text.startsWith(word.getKey(), at)) {
                at += word.getKey().length();
                return word.getValue();
            }
        }
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        if (start == at) {
            throw error();
        }
        return Double.parseDouble(text.substring(start, at));
    }

    private static final Map<String, Object> WORDS = new LinkedHashMap<>();

    static {
        WORDS.put("true", true);
        WORDS.put("false", false);
        WORDS.put("null", null);
    }

    /** Items between commas, up to the closing bracket. */
    private void list(char end, Runnable item) {
        at++;
        skipSpace();
        if (text.charAt(at) == end) {
            at++;
            return;
        }
        while (true) {
            item.run();
            skipSpace();
            if (text.charAt(at) == end) {
                at++;
                return;
            }
            expect(',');
        }
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = text.charAt(at++);
            if (escaped == 'u') {
                out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                at += 4;
            } else {
                int control = "bfnrt".indexOf(escaped);
                out.append(control < 0 ? escaped : "\b\f\n\r\t".charAt(control));
            }
        }
        at++;
        return out.toString();
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private void expect(char c) {
        if (text.charAt(at) != c) {
            throw error();
        }
        at++;
    }

    private IllegalArgumentException error() {
        return new IllegalArgumentException("no JSON at column " + at + ": " + text);
    }
}
