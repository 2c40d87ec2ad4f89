package dl4jconformance;

import org.nd4j.linalg.schedule.CycleSchedule;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.InverseSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.SigmoidSchedule;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Schedules from their descriptions. */
final class Schedules {
    private Schedules() {}

    static ISchedule schedule(JsonNode described) {
        String type = described.get("type").asText();
        switch (type) {
            case "FixedSchedule":
                return new FixedSchedule(number(described, "value"));
            case "RampSchedule":
                return new RampSchedule(schedule(described.get("base_schedule")), described.get("num_iter").asInt());
            default:
                return counted(type, ScheduleType.valueOf(described.get("schedule_type").asText()), described);
        }
    }

    private static ISchedule counted(String type, ScheduleType counts, JsonNode described) {
        switch (type) {
            case "ExponentialSchedule":
                return new ExponentialSchedule(counts, number(described, "initial_value"), number(described, "gamma"));
            case "InverseSchedule":
                return new InverseSchedule(
                        counts, number(described, "initial_value"), number(described, "gamma"), number(described, "power"));
            case "PolySchedule":
                return new PolySchedule(
                        counts, number(described, "initial_value"), number(described, "power"), count(described, "max_iter"));
            case "SigmoidSchedule":
                return new SigmoidSchedule(
                        counts, number(described, "initial_value"), number(described, "gamma"), count(described, "step_size"));
            case "StepSchedule":
                return new StepSchedule(
                        counts, number(described, "initial_value"), number(described, "decay_rate"), number(described, "step"));
            case "MapSchedule":
                return new MapSchedule(counts, Description.map(described.get("values")));
            case "CycleSchedule":
                return described.hasNonNull("annealing_length")
                        ? new CycleSchedule(
                                counts,
                                number(described, "initial_learning_rate"),
                                number(described, "max_learning_rate"),
                                count(described, "cycle_length"),
                                count(described, "annealing_length"),
                                number(described, "annealing_decay"))
                        : new CycleSchedule(counts, number(described, "max_learning_rate"), count(described, "cycle_length"));
            default:
                throw Description.unknown("schedule", type);
        }
    }

    private static double number(JsonNode described, String name) {
        return Description.number(described.get(name));
    }

    private static int count(JsonNode described, String name) {
        return described.get(name).asInt();
    }
}
