import Foundation
import Pipeline
import Store
import Testing

@testable import App

@Suite("The configuration: flag, environment, file, default (wire-platform 7)", .fewAtOnce)
struct ConfigurationTests {
  private let home: String

  init() throws {
    home = try Fixtures.temporaryFolder()
  }

  private func configuration(
    flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil
  ) throws -> Configuration {
    var flags = flags
    if let file {
      let path = home + "/caduceus.yaml"
      try file.write(toFile: path, atomically: true, encoding: .utf8)
      flags["config"] = path
    }
    return try Configuration(flags: flags, environment: environment.merging(["HOME": home]) { given, _ in given })
  }

  @Test("a flag beats the environment, that beats the file, that beats the default; each tells where it came from")
  func precedence() throws {
    let environment = ["HERMES_WEBUI_PORT": "3000"]
    let file = "port: 2000\n"
    let all = try configuration(flags: ["port": "4000"], environment: environment, file: file)
    #expect(all.server.port == 4000 && all.values["port"]?.origin == "flag --port")
    let two = try configuration(environment: environment, file: file)
    #expect(two.server.port == 3000 && two.values["port"]?.origin == "environment HERMES_WEBUI_PORT")
    let one = try configuration(file: file)
    #expect(one.server.port == 2000 && one.values["port"]?.origin == "file \(home)/caduceus.yaml")
    let none = try configuration()
    #expect(none.server.port == 8787 && none.values["port"]?.origin == "default")
  }

  @Test("the file may be named by the environment, or lie where configuration files lie")
  func places() throws {
    let folder = home + "/.config/caduceus"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "port: 2100\n".write(toFile: folder + "/config.yaml", atomically: true, encoding: .utf8)
    #expect(try configuration().server.port == 2100)
    try "port: 2200\n".write(toFile: home + "/named.yaml", atomically: true, encoding: .utf8)
    #expect(try configuration(environment: ["CADUCEUS_CONFIG": home + "/named.yaml"]).server.port == 2200)
  }

  @Test("an empty variable counts as none, and of two names the first that is set counts")
  func variables() throws {
    #expect(try configuration(environment: ["HERMES_WEBUI_PORT": " "]).server.port == 8787)
    let both = ["HERMES_BASE_HOME": "/base", "HERMES_HOME": "/home"]
    #expect(try configuration(environment: both).values.text("hermes-home") == "/base")
    let old = ["WEBUI_PROFILE_COOKIE_NAME": "old"]
    #expect(try configuration(environment: old).profileCookie == "old", "the deprecated name still works")
  }

  /// A wrong value by name.
  static let wrong = [
    ("port", "http"), ("port", "65536"), ("port", "-1"), ("workers", "many"), ("connection-limit", "x"),
    ("drain-seconds", "601"), ("host", "0.0.0.0"), ("host", "192.168.1.2"), ("host", "::"), ("host", "example.org"),
    ("host", "127.0.0.256"), ("host", "127.evil.example"), ("allowed-origins", "hermes.example"),
    ("trust-forwarded-host", "maybe"), ("profile-cookie", "a=b"), ("agent", "robot"), ("demo-pace", "fast"),
    ("demo-pace", "-1"), ("log-level", "loud"),
  ]

  @Test("a wrong value is a sentence that names the value and where it came from", arguments: wrong)
  func wrongValues(name: String, value: String) throws {
    let flag = #expect(throws: ConfigurationError.self) { try configuration(flags: [name: value]) }
    #expect(flag?.description.contains(value) == true && flag?.description.hasSuffix(".") == true)
    #expect(flag?.description.contains("\(name) ") == true)
    #expect(flag?.description.contains("flag --\(name)") == true)
    let definition = try #require(SettingDefinition.all.first { $0.name == name })
    let variable = try #require(definition.environment.first)
    let environment = #expect(throws: ConfigurationError.self) { try configuration(environment: [variable: value]) }
    #expect(environment?.description.contains("environment \(variable)") == true)
    let file = #expect(throws: ConfigurationError.self) { try configuration(file: "\(name): \"\(value)\"\n") }
    #expect(file?.description.contains("file \(home)/caduceus.yaml") == true)
  }

  @Test(
    "a file that is wrong is a sentence that names it", arguments: ["nothing: 1\n", "- 1\n", "port: [1]\n", "a: [\n"])
  func wrongFiles(text: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try configuration(file: text) }
    #expect(error?.description.contains(home + "/caduceus.yaml") == true)
    let missing = #expect(throws: ConfigurationError.self) { try configuration(flags: ["config": "/nowhere.yaml"]) }
    #expect(missing?.description.contains("/nowhere.yaml") == true)
  }

  @Test("the loopback may be written in several ways", arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
  func loopback(host: String) throws {
    #expect(try configuration(flags: ["host": host]).server.address == (host == "localhost" ? "127.0.0.1" : host))
  }

  @Test("a password stops the start and is not shown (wire-platform 3)")
  func password() throws {
    for error in [
      #expect(throws: ConfigurationError.self) {
        try configuration(environment: ["HERMES_WEBUI_PASSWORD": "hunter2"])
      },
      #expect(throws: ConfigurationError.self) { try configuration(file: "password: hunter2\n") },
    ] {
      #expect(error?.description.contains("hunter2") == false)
      #expect(error?.description.contains("password is configured") == true)
    }
  }

  @Test("a password in settings.json stops the start, an empty one does not (wire-platform 3)")
  func passwordInSettings() async throws {
    func open(_ settings: String) async throws -> TestServer {
      try await TestServer.open { home in
        try FileManager.default.createDirectory(atPath: home + "/webui", withIntermediateDirectories: true)
        try settings.write(toFile: home + "/webui/settings.json", atomically: true, encoding: .utf8)
      }
    }
    let error = await #expect(throws: ConfigurationError.self) { _ = try await open("{\"password_hash\": \"0123\"}") }
    #expect(error?.description.contains("/webui/settings.json") == true)
    #expect(error?.description.contains("0123") == false)
    for harmless in ["{\"password_hash\": null}", "{\"password_hash\": \"\"}", "{}"] { _ = try await open(harmless) }
  }

  @Test("the state is in hermes-home where an installation has it there, else in its folder webui (wire-platform 1.1)")
  func stateDirectory() throws {
    let agentHome = home + "/agent"
    let plain = try configuration(flags: ["hermes-home": agentHome])
    #expect(plain.layout.stateDirectory == agentHome + "/webui" && plain.values["state-dir"]?.origin == "default")
    try FileManager.default.createDirectory(atPath: agentHome + "/sessions", withIntermediateDirectories: true)
    try "[]".write(toFile: agentHome + "/sessions/_index.json", atomically: true, encoding: .utf8)
    let shared = try configuration(flags: ["hermes-home": agentHome])
    #expect(shared.layout.stateDirectory == agentHome)
    #expect(shared.values["state-dir"]?.origin == "found in hermes-home")
    let named = try configuration(flags: ["hermes-home": agentHome, "state-dir": home + "/else"])
    #expect(named.layout.stateDirectory == home + "/else")
    try FileManager.default.createDirectory(atPath: agentHome + "/webui/sessions", withIntermediateDirectories: true)
    #expect(try configuration(flags: ["hermes-home": agentHome]).layout.stateDirectory == agentHome + "/webui")
  }

  @Test("a home inside profiles/ belongs to a base home two levels up (wire-platform 1.1)")
  func profileHome() throws {
    let configuration = try configuration(environment: ["HERMES_HOME": home + "/agent/profiles/work"])
    #expect(configuration.layout.configuration(of: .root) == home + "/agent/config.yaml")
  }

  @Test("`caduceus config` shows every setting with its origin, and masks secrets")
  func configCommand() throws {
    let program = try Program.caduceus()
    let result = try program.run(
      ["config", "--openai-api-key", "sk-from-a-flag"],
      environment: ["HOME": home, "CADUCEUS_OPENAI_MODEL": "small", "PATH": "/usr/bin:/bin"])
    #expect(result.status == 0)
    for definition in SettingDefinition.all {
      #expect(result.output.contains("\(definition.name) = "), "\(definition.name)")
    }
    #expect(result.output.contains("openai-api-key = ********  [flag --openai-api-key]"))
    #expect(result.output.contains("openai-model = small  [environment CADUCEUS_OPENAI_MODEL]"))
    #expect(result.output.contains("host = 127.0.0.1  [default]"))
    #expect(!result.output.contains("sk-from-a-flag"))
    let refused = try program.run(
      ["config", "--port", "x"], environment: ["HOME": home, "HERMES_WEBUI_PASSWORD": "hunter2"])
    #expect(refused.status != 0 && !refused.output.contains("hunter2"))
    #expect(refused.output.contains("\"x\" (flag --port)"))
  }
}
