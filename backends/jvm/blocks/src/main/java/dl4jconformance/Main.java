package dl4jconformance;

import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Answers requests, a JSON line each, until standard input is closed.
 *
 * <p>The arguments are the number of threads that ND4J uses, and the file for the replies; without one they go to
 * standard output, where ND4J's native library prints too.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
        try (OutputStream replies = arguments.length > 1 ? new FileOutputStream(arguments[1]) : System.out) {
            // Whatever a library prints must not come between the replies.
            System.setOut(System.err);
            ObjectMapper json = new ObjectMapper();
            Adapter adapter = new Adapter(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1);
            BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                replies.write((json.writeValueAsString(adapter.reply(json.readTree(line))) + "\n")
                        .getBytes(StandardCharsets.UTF_8));
                replies.flush();
            }
        }
    }
}
