import ArgumentParser

/// The flags that all commands share. Each beats the environment, which beats the file, which beats the default.
struct ConfigurationOptions: ParsableArguments {
  @Option(help: "The numeric address to listen on; only loopback until there is authentication.")
  var host: String?
  @Option(help: "The port to listen on; 0 lets the system choose.")
  var port: String?
  @Option(help: "The agent's home: config.yaml, state.db, profiles/.")
  var hermesHome: String?
  @Option(help: "The folder of sessions/, settings.json and projects.json.")
  var stateDir: String?
  @Option(help: "Who answers: demo, openai, or auto (openai when config.yaml has model.base_url, else demo).")
  var agent: String?
  @Option(help: "The address of the model server, up to and without /chat/completions.")
  var openaiBaseURL: String?
  @Option(help: "Its key. Better in config.yaml or the environment: other users can see flags.")
  var openaiAPIKey: String?
  @Option(help: "The model when a conversation names none.")
  var openaiModel: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: String?
  @Option(help: "A YAML file with these options, spelled as the flags without dashes in front.")
  var config: String?

  /// The flags that were given, by the name of the setting.
  var given: [String: String] {
    [
      "host": host, "port": port, "hermes-home": hermesHome, "state-dir": stateDir, "agent": agent,
      "openai-base-url": openaiBaseURL, "openai-api-key": openaiAPIKey, "openai-model": openaiModel,
      "log-level": logLevel, "config": config,
    ].compactMapValues { $0 }
  }
}
