import Foundation
import JSON
import Testing

@testable import Store

@Suite("The configuration of a profile")
struct ProfileConfigurationTests {
  @Test("The captured file gives model, terminal and disabled skills (wire-platform 4.1)")
  func captured() async throws {
    let world = try GoldenWorld()
    let configuration = await world.configurations.configuration(of: .root)
    #expect(configuration.model.defaultModel == "fake-model")
    #expect(configuration.model.provider == "custom")
    #expect(configuration.model.baseURL == "http://127.0.0.1:18441/v1")
    #expect(configuration.model.apiKey?.reveal() == "fake-key-not-secret")
    #expect(configuration.model.contextLength == 131_072)
    #expect(configuration.terminalFolder == world.root + "/golden-ws")
    #expect(!configuration.hasRemoteTerminal)
    #expect(configuration.disabledSkills == ["golden-skill"])
  }

  @Test("A model may be a text (wire-platform 4.1)")
  func modelAsText() throws {
    #expect(try ProfileConfiguration(yaml: "model: gpt-x").model == ModelSettings(defaultModel: "gpt-x"))
  }

  @Test("The other keys are read")
  func otherKeys() throws {
    let configuration = try ProfileConfiguration(
      yaml: "max_tokens: 4096\nworkspace: ~/w\ndefault_workspace: /d\nworktree: yes\nterminal: {backend: Docker}")
    #expect(configuration.maxTokens == 4096)
    #expect(configuration.workspace == "~/w")
    #expect(configuration.defaultWorkspace == "/d")
    #expect(configuration.worktree == true)
    #expect(configuration.hasRemoteTerminal)
  }

  @Test(
    "Null, blank and values of the wrong kind count as missing",
    arguments: [
      "", "null", "model:", "model: ~", "model: {default: null, provider: '  '}", "model: [1, 2]",
      "max_tokens: -3", "max_tokens: many", "worktree: 'yes'", "skills: {disabled: name}", "terminal: local",
    ])
  func emptyValues(yaml: String) throws {
    #expect(try ProfileConfiguration(yaml: yaml) == ProfileConfiguration())
  }

  @Test(
    "What cannot be understood counts as empty, and is logged once without its text",
    arguments: [
      "model: {default: [", "- a\n- b", "a: 1\na: 2", String(repeating: "[", count: 200_000), "\u{0}\u{1}",
      "&a [*a, *b]",
    ])
  func malformed(yaml: String) async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(yaml + "\n# sk-secret", to: "golden/config.yaml")
    let configurations = world.configurations
    for _ in 1...3 { #expect(await configurations.configuration(of: .root) == ProfileConfiguration()) }
    #expect(world.log.messages.count == 1)
    #expect(!world.log.messages.joined().contains("sk-secret"))
  }

  @Test("A file over 1 MiB counts as empty")
  func tooLarge() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write("model: m\n#" + String(repeating: "x", count: 1 << 20), to: "golden/config.yaml")
    #expect(await world.configurations.configuration(of: .root) == ProfileConfiguration())
    #expect(world.log.messages.count == 1)
  }

  @Test("A file that changed is read again, also when only its bytes changed")
  func changes() async throws {
    let world = try GoldenWorld(captured: false)
    let configurations = world.configurations
    for model in ["aaa", "bbb", "ccc", "ddd"] {
      try world.folder.write("model: \(model)", to: "golden/config.yaml")
      #expect(await configurations.configuration(of: .root).model.defaultModel == model)
    }
    try FileManager.default.removeItem(atPath: world.layout.stateDirectory + "/config.yaml")
    #expect(await configurations.configuration(of: .root) == ProfileConfiguration())
  }

  @Test("HERMES_CONFIG_PATH is the file of every profile (wire-platform 7)")
  func oneFileForAll() async throws {
    let world = try GoldenWorld()
    try world.folder.write("model: shared", to: "shared.yaml")
    let layout = StateLayout(
      baseHome: world.layout.baseHome, stateDirectory: world.layout.stateDirectory,
      configurationOverride: world.root + "/shared.yaml")
    let configurations = ProfileConfigurations(layout: layout, disk: world.disk, logger: world.log.logger)
    #expect(await configurations.configuration(of: try world.work).model.defaultModel == "shared")
  }

  @Test("A key shows in no description, dump or interpolation")
  func secretsStayHidden() throws {
    let configuration = try ProfileConfiguration(yaml: "model: {default: m, api_key: sk-123}")
    var dumped = ""
    dump(configuration, to: &dumped)
    let shown = [dumped, "\(configuration)", String(reflecting: configuration), "\(configuration.model.apiKey as Any)"]
    for text in shown { #expect(!text.contains("sk-123")) }
  }
}
