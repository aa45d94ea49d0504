import JSON

/// Puts the stored settings over the defaults, and mends what older versions stored (domain 1.6, wire-platform 4.1).
struct SettingsMerge {
  private let defaults: JSONObject

  private static let droppedKeys: Set<String> = [
    "assistant_language", "bubble_layout", "default_model", "activity_feed_expanded_default", "busy_input_mode",
  ]
  private static let renamedKeys = [
    ("activity_feed_expanded_default", "worklog_details_expanded_default"),
    ("busy_input_mode", "default_message_mode"),
  ]
  private static let speechKeys = [
    "raw_audio_mode", "tts_auto_read", "tts_enabled", "tts_engine", "tts_pitch", "tts_rate", "tts_voice",
    "voice_continuous", "voice_mode_button", "voice_silence_ms",
  ]
  private static let skinOfOldTheme = [
    "slate": "slate", "solarized": "poseidon", "monokai": "sisyphus", "nord": "slate", "oled": "default",
  ]
  private static let skins: Set<String> = [
    "default", "ares", "mono", "graphite", "slate", "poseidon", "sisyphus", "charizard", "sienna", "catppuccin", "nous",
    "geist-contrast", "zeus", "verdigris", "neon-soft", "neon-paint",
  ]

  init(defaultWorkspace: String, botName: String) {
    defaults = SettingsDefaults.object(defaultWorkspace: defaultWorkspace, botName: botName)
  }

  /// The settings in the order of the defaults, then the unknown keys, then which speech keys are stored.
  func merge(_ stored: JSONObject) -> JSONObject {
    var settings = defaults
    for (key, value) in stored where !Self.droppedKeys.contains(key) {
      // A client that expects a switch must not get a text: what is of another kind than the default counts as missing.
      if let usual = defaults[key], !Self.isSameKind(value, usual), key != "provider_cost_budget" { continue }
      settings[key] = value
    }
    for (old, new) in Self.renamedKeys where stored[new] == nil {
      if let value = stored[old], Self.isSameKind(value, settings[new] ?? .null) { settings[new] = value }
    }
    // Sessions of the command line came later than the settings of those who never saw the switch.
    if !stored.isEmpty && stored["show_cli_sessions"] == nil { settings["show_cli_sessions"] = false }
    if settings["virtualize_transcript_optin"] != true { settings["virtualize_transcript"] = false }
    mendAppearance(&settings, hasSkin: stored["skin"]?.string.map(Self.skins.contains) ?? false)
    settings["password_hash"] = nil
    settings["persisted_speech_keys"] = .array(
      Self.speechKeys.filter { stored[$0] != nil }.map { .string($0) })
    return settings
  }

  /// Older themes are a dark page with a skin; a theme that nobody knows is a dark page.
  private func mendAppearance(_ settings: inout JSONObject, hasSkin: Bool) {
    let theme = settings["theme"]?.string ?? ""
    if !hasSkin { settings["skin"] = .string(Self.skinOfOldTheme[theme] ?? "default") }
    if !["light", "dark", "system"].contains(theme) { settings["theme"] = "dark" }
  }

  private static func isSameKind(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.bool, .bool), (.string, .string), (.array, .array), (.object, .object), (.number, .number): true
    case (_, .null): true
    default: false
    }
  }
}
