package dl4jconformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Answers requests, a JSON line each, until standard input is closed.
 *
 * <p>The argument is the number of threads that ND4J uses; without it one, so that bits are reproducible.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
        // Whatever a library prints must not come between the replies.
        PrintStream replies = System.out;
        System.setOut(System.err);
        ObjectMapper json = new ObjectMapper();
        Adapter adapter = new Adapter(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1);
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            byte[] reply = (json.writeValueAsString(adapter.reply(json.readTree(line))) + "\n")
                    .getBytes(StandardCharsets.UTF_8);
            replies.write(reply, 0, reply.length);
            replies.flush();
        }
    }
}
