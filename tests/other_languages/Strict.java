import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prints how many cases each file of fixtures has, read by Jackson at its strictest, and why a file is refused. */
public final class Strict {
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private Strict() {}

    private static int count(String text) throws IOException {
        JsonNode data = STRICT.readTree(text);
        if (data.has("files")) {
            int total = 0;
            for (JsonNode file : data.get("files")) {
                total += file.get("cases").size();
            }
            return total;
        }
        JsonNode cases = data.has("cases") ? data.get("cases") : data.get("recordings");
        return cases == null ? 1 : cases.size();
    }

    public static void main(String[] arguments) throws IOException {
        for (String argument : arguments) {
            Path path = Path.of(argument);
            try {
                String text = Files.readString(path);
                String[] documents = argument.endsWith(".jsonl") ? text.split("\n") : new String[] {text};
                int total = 0;
                for (String document : documents) {
                    total += count(document);
                }
                System.out.println(path.getFileName() + " " + total);
            } catch (JacksonException error) {
                System.out.println(path.getFileName() + " refused: " + error.getOriginalMessage().replace('\n', ' '));
            } catch (CharacterCodingException error) {
                System.out.println(path.getFileName() + " refused: no UTF-8");
            }
        }
    }
}
