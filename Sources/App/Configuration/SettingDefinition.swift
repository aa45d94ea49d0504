/// One thing that can be configured.
struct SettingDefinition: Sendable {
  /// The name, as flag and in the file.
  let name: String
  /// The environment variables that give it, the first that is set and not empty counts.
  let environment: [String]
  /// The value when nobody gives one; nil means that it stays unset or is worked out.
  let fallback: String?
  /// Whether it must never be shown.
  let isSecret: Bool
  /// What it is.
  let summary: String

  init(_ name: String, _ environment: [String], _ fallback: String?, isSecret: Bool = false, _ summary: String) {
    self.name = name
    self.environment = environment
    self.fallback = fallback
    self.isSecret = isSecret
    self.summary = summary
  }

  /// Everything that can be configured (wire-platform 7 for the names that users of Hermes WebUI know).
  static let all: [SettingDefinition] = [
    SettingDefinition("host", ["HERMES_WEBUI_HOST"], "127.0.0.1", "the address to listen on"),
    SettingDefinition("port", ["HERMES_WEBUI_PORT"], "8787", "the port to listen on"),
    SettingDefinition("hermes-home", ["HERMES_BASE_HOME", "HERMES_HOME"], nil, "the agent's home; ~/.hermes"),
    SettingDefinition("state-dir", ["HERMES_WEBUI_STATE_DIR"], nil, "sessions and settings; <hermes-home>/webui"),
    SettingDefinition("hermes-config", ["HERMES_CONFIG_PATH"], nil, "one config.yaml for every profile"),
    SettingDefinition(
      "default-workspace", ["HERMES_WEBUI_DEFAULT_WORKSPACE"], nil, "the folder of new conversations"),
    SettingDefinition("bot-name", ["HERMES_WEBUI_BOT_NAME"], "Hermes", "the assistant's name"),
    SettingDefinition("password", ["HERMES_WEBUI_PASSWORD"], nil, isSecret: true, "not supported yet: stops the start"),
    SettingDefinition(
      "allowed-origins", ["HERMES_WEBUI_ALLOWED_ORIGINS"], "", "origins that count as the same, with commas between"),
    SettingDefinition(
      "trust-forwarded-host", ["HERMES_WEBUI_TRUST_FORWARDED_HOST"], "false",
      "whether a proxy in front sets X-Forwarded-Host"),
    SettingDefinition(
      "profile-cookie", ["HERMES_WEBUI_PROFILE_COOKIE_NAME", "WEBUI_PROFILE_COOKIE_NAME"], "hermes_profile",
      "the cookie that chooses a profile"),
    SettingDefinition("agent", ["CADUCEUS_AGENT"], "auto", "who answers: demo, openai, auto"),
    SettingDefinition(
      "openai-base-url", ["CADUCEUS_OPENAI_BASE_URL"], nil, "the model server; else model.base_url of config.yaml"),
    SettingDefinition(
      "openai-api-key", ["CADUCEUS_OPENAI_API_KEY"], nil, isSecret: true,
      "its key; else model.api_key of config.yaml"),
    SettingDefinition("openai-model", ["CADUCEUS_OPENAI_MODEL"], nil, "its model; else model.default of config.yaml"),
    SettingDefinition("demo-pace", ["CADUCEUS_DEMO_PACE"], "1", "how slow the demo writes; 0 is at once"),
    SettingDefinition("workers", ["CADUCEUS_WORKERS"], "0", "threads that parse requests; 0 is by cores"),
    SettingDefinition(
      "connection-limit", ["CADUCEUS_CONNECTION_LIMIT"], "0", "open connections; 0 is by the limit of open files"),
    SettingDefinition("drain-seconds", ["CADUCEUS_DRAIN_SECONDS"], "10", "how long requests may finish at the stop"),
    SettingDefinition("log-level", ["CADUCEUS_LOG_LEVEL"], "info", "what is logged"),
  ]
}
