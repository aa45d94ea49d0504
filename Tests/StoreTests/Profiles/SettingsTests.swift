import Foundation
import JSON
import Testing

@testable import Store

@Suite("Settings")
struct SettingsTests {
  @Test(
    "Are the file over the defaults, key by key in the captured order (wire-platform 4.1)",
    arguments: [
      "808-onstate-settings", "377-work-settings",
    ])
  func captured(capture: String) async throws {
    let world = try GoldenWorld()
    let body = try #require(try world.body(capture).object)
    let settings = await world.settings.object(extras: try extras(of: body))
    #expect(settings.keys == body.keys)
    for key in body.keys { #expect(settings[key] == body[key], "\(key)") }
  }

  @Test("Of a fresh installation have the captured keys, and CLI sessions are shown (wire-platform 4.1)")
  func fresh() async throws {
    let world = try GoldenWorld(captured: false)
    let body = try #require(try world.body("005-settings").object)
    let settings = await world.settings.object(extras: try extras(of: body))
    #expect(settings.keys == body.keys)
    #expect(settings["show_cli_sessions"] == true)
    #expect(settings["onboarding_completed"] == false)
    #expect(settings["default_workspace"] == .string(world.layout.stateDirectory + "/workspace"))
  }

  @Test("Never return the password's hash, and pass unknown keys on (wire-platform 4.1)")
  func passwordAndUnknownKeys() async throws {
    let settings = try await object("{\"password_hash\": \"abc\", \"from_the_future\": {\"a\": [1.50]}}")
    #expect(settings["password_hash"] == nil)
    #expect(settings["from_the_future"]?.text == "{\"a\": [1.50]}")
  }

  @Test(
    "Show CLI sessions by default only where nothing else was ever set (wire-platform 4.1)",
    arguments: [
      ("{}", true), ("{\"theme\": \"dark\"}", false), ("{\"onboarding_completed\": true}", false),
      ("{\"theme\": \"dark\", \"show_cli_sessions\": true}", true),
    ])
  func showCLISessions(file: String, expected: Bool) async throws {
    #expect(try await object(file)["show_cli_sessions"] == .bool(expected))
  }

  @Test(
    "Older themes become a dark page with a skin (domain 1.6)",
    arguments: [
      ("slate", "dark", "slate"), ("solarized", "dark", "poseidon"), ("monokai", "dark", "sisyphus"),
      ("nord", "dark", "slate"), ("oled", "dark", "default"), ("unheard", "dark", "default"),
      ("light", "light", "default"), ("system", "system", "default"),
    ])
  func oldThemes(stored: String, theme: String, skin: String) async throws {
    let settings = try await object("{\"theme\": \"\(stored)\"}")
    #expect(settings["theme"] == .string(theme))
    #expect(settings["skin"] == .string(skin))
  }

  @Test("A skin that nobody knows is the default one; a known one stays (wire-platform 4.1)")
  func skins() async throws {
    #expect(try await object("{\"skin\": \"glitter\"}")["skin"] == "default")
    #expect(try await object("{\"skin\": \"zeus\", \"theme\": \"nord\"}")["skin"] == "zeus")
  }

  @Test("Older keys are dropped or count under their new name (domain 1.6, wire-platform 4.1)")
  func oldKeys() async throws {
    let settings = try await object(
      """
      {"assistant_language": "x", "bubble_layout": true, "default_model": "m", "busy_input_mode": "queue",
       "activity_feed_expanded_default": true}
      """)
    for key in ["assistant_language", "bubble_layout", "default_model", "busy_input_mode"] {
      #expect(settings[key] == nil, "\(key)")
    }
    #expect(settings["activity_feed_expanded_default"] == nil)
    #expect(settings["worklog_details_expanded_default"] == true)
    #expect(settings["default_message_mode"] == "queue")
    let both = try await object("{\"busy_input_mode\": \"queue\", \"default_message_mode\": \"steer\"}")
    #expect(both["default_message_mode"] == "steer")
  }

  @Test("Transcripts are virtual only for those who opted in (wire-platform 4.1)")
  func virtualTranscript() async throws {
    #expect(try await object("{\"virtualize_transcript\": true}")["virtualize_transcript"] == false)
    let both = try await object("{\"virtualize_transcript\": true, \"virtualize_transcript_optin\": true}")
    #expect(both["virtualize_transcript"] == true)
  }

  @Test("Say which speech keys are stored, sorted (wire-platform 4.1)")
  func speechKeys() async throws {
    let settings = try await object("{\"tts_voice\": \"v\", \"raw_audio_mode\": false}")
    #expect(settings["persisted_speech_keys"] == ["raw_audio_mode", "tts_voice"])
    #expect(settings["tts_voice"] == "v")
  }

  @Test("A value of another kind counts as missing")
  func wrongKinds() async throws {
    let settings = try await object("{\"sound_enabled\": \"yes\", \"language\": 5, \"hidden_tabs\": null}")
    #expect(settings["sound_enabled"] == false)
    #expect(settings["language"] == "en")
    #expect(settings["hidden_tabs"] == [])
  }

  @Test(
    "A file that is no object gives the defaults and one line in the log", arguments: ["", "{\"a\":", "[1]", "\u{0}"])
  func garbage(file: String) async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(file, to: "golden/settings.json")
    let settings = world.settings
    for _ in 1...3 { #expect(await settings.object()["theme"] == "dark") }
    #expect(world.log.messages.count == 1)
  }

  @Test(
    "A password is configured when its hash is there (wire-platform 3.1)",
    arguments: [
      ("{\"password_hash\": \"abc\"}", true), ("{\"password_hash\": null}", false),
      ("{\"password_hash\": \"\"}", false),
      ("{}", false),
    ])
  func password(file: String, expected: Bool) async throws {
    let world = try GoldenWorld(captured: false)
    #expect(try await !world.settings.passwordIsConfigured())
    try world.folder.write(file, to: "golden/settings.json")
    #expect(try await world.settings.passwordIsConfigured() == expected)
  }

  @Test("Whether a password is configured is not guessed from a file that cannot be understood")
  func passwordOfGarbage() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write("{\"password_hash\": \"ab", to: "golden/settings.json")
    let error = await #expect(throws: Settings.UnusableFile.self) { try await world.settings.passwordIsConfigured() }
    #expect(error?.path == world.layout.settingsFile)
    #expect(error?.description.contains(world.layout.settingsFile) == true)
    #expect(error?.description.contains("Mend the file") == true)
    #expect(error?.reason.contains("hash") == false)
  }

  private func object(_ file: String) async throws -> JSONObject {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(file, to: "golden/settings.json")
    return await world.settings.object()
  }

  /// What the caller computes: the captured keys after the table's last one, but for the one that the settings make.
  private func extras(of body: JSONObject) throws -> JSONObject {
    let last = try #require(body.keys.firstIndex(of: "provider_cost_budget"))
    var extras = JSONObject()
    let order = ["default_model", "default_model_provider"]
    let computed = body.keys[(last + 1)...].filter { !order.contains($0) && $0 != "persisted_speech_keys" }
    for key in order + computed { extras[key] = body[key] }
    return extras
  }
}
