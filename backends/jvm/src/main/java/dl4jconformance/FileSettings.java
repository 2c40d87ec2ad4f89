package dl4jconformance;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.deeplearning4j.nn.conf.LearningRatePolicy;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * The settings of networks that come from model files, put into a network after its build: reading a file validates
 * nothing, and fills nothing that is unset. No updater may have been made before.
 */
final class FileSettings {
    private FileSettings() {}

    /** Whether the build is to leave out what {@link #set} sets afterwards. */
    static boolean isBuilt(JsonNode conf) {
        return conf.path("built").asBoolean();
    }

    /** Whether a setting of the network is set after the build. */
    static boolean isOfPolicy(String name) {
        return name.startsWith("lr_policy") || name.equals("learning_rate_schedule");
    }

    static void set(JsonNode described, Trained network) {
        JsonNode conf = described.get("conf");
        JsonNode layers = described.get("layers");
        for (int i = 0; i < layers.size(); i++) {
            JsonNode layer = layers.get(i);
            NeuralNetConfiguration configuration = network.getLayers()[i].conf();
            if (isBuilt(conf)) {
                setLayer(configuration.getLayer(), layer);
                setConf(configuration, conf);
            }
            setConf(configuration, layer.path("conf"));
            for (Map.Entry<String, JsonNode> rate : entries(layer.path("learning_rate_by_param")).entrySet()) {
                configuration.setLearningRateByParam(rate.getKey(), Networks.number(rate.getValue()));
            }
            configuration.getL1ByParam().putAll(numbers(layer.path("l1_by_param")));
            configuration.getL2ByParam().putAll(numbers(layer.path("l2_by_param")));
        }
    }

    /** Set what the updater reads and the build has filled: NaN too. */
    private static void setLayer(Layer layer, JsonNode described) {
        for (Map.Entry<String, JsonNode> setting : entries(described).entrySet()) {
            JsonNode value = setting.getValue();
            switch (setting.getKey()) {
                case "momentum": layer.setMomentum(Networks.number(value)); break;
                case "adam_mean_decay": layer.setAdamMeanDecay(Networks.number(value)); break;
                case "adam_var_decay": layer.setAdamVarDecay(Networks.number(value)); break;
                case "rho": layer.setRho(Networks.number(value)); break;
                case "rms_decay": layer.setRmsDecay(Networks.number(value)); break;
                case "epsilon": layer.setEpsilon(Networks.number(value)); break;
                case "learning_rate_schedule": layer.setLearningRateSchedule(Networks.schedule(value)); break;
                case "gradient_normalization_threshold":
                    layer.setGradientNormalizationThreshold(Networks.number(value));
                    break;
                default: break; // The build leaves it as it is.
            }
        }
    }

    private static void setConf(NeuralNetConfiguration configuration, JsonNode described) {
        for (Map.Entry<String, JsonNode> setting : entries(described).entrySet()) {
            JsonNode value = setting.getValue();
            switch (setting.getKey()) {
                case "use_regularization": configuration.setUseRegularization(value.asBoolean()); break;
                case "mini_batch": configuration.setMiniBatch(value.asBoolean()); break;
                case "num_iterations": configuration.setNumIterations(value.asInt()); break;
                case "lr_policy":
                    configuration.setLearningRatePolicy(LearningRatePolicy.valueOf(value.asText()));
                    break;
                case "lr_policy_decay_rate": configuration.setLrPolicyDecayRate(Networks.number(value)); break;
                case "lr_policy_power": configuration.setLrPolicyPower(Networks.number(value)); break;
                case "lr_policy_steps": configuration.setLrPolicySteps(Networks.number(value)); break;
                default: break; // It belongs to the network.
            }
        }
    }

    private static Map<String, Double> numbers(JsonNode object) {
        Map<String, Double> found = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : entries(object).entrySet()) {
            found.put(entry.getKey(), Networks.number(entry.getValue()));
        }
        return found;
    }

    private static Map<String, JsonNode> entries(JsonNode object) {
        Map<String, JsonNode> found = new HashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> fields = object.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            found.put(field.getKey(), field.getValue());
        }
        return found;
    }
}
