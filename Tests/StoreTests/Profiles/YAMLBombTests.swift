import Testing

@testable import Store

@Suite("YAML that stands for far more than it has bytes")
struct YAMLBombTests {
  private static var bomb: String {
    var lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    for level in 1...11 {
      let inner = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
      lines.append("a\(level): &a\(level) [\(inner)]")
    }
    return (lines + ["? *a11", ": 1"]).joined(separator: "\n")
  }

  @Test("a bomb as a key of a configuration is refused at once", .timeLimit(.minutes(1)))
  func configuration() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(Self.bomb, to: "golden/config.yaml")
    #expect(await world.configurations.configuration(of: .root) == ProfileConfiguration())
    #expect(world.log.messages.contains { $0.contains("more than 16 aliases") })
  }

  @Test("refusing takes no time", .timeLimit(.minutes(1)))
  func time() {
    let bomb = Self.bomb
    let time = ContinuousClock().measure {
      #expect(throws: BoundedYAML.TooManyAliases.self) { try ProfileConfiguration(yaml: bomb) }
    }
    #expect(time < .seconds(1))
  }

  @Test("and of a description", .timeLimit(.minutes(1)))
  func description() throws {
    let folder = try TemporaryFolder()
    let log = RecordedLog()
    try folder.write("name: Me\n" + Self.bomb, to: "profile.yaml")
    let read = try ProfileDescription.read(folder.path + "/profile.yaml", warn: RepeatedWarning(logger: log.logger))
    #expect(read == ProfileDescription())
    #expect(log.messages.contains { $0.contains("more than 16 aliases") })
  }

  @Test(
    "aliases are counted wherever they may stand",
    arguments: [
      "[*a,*a]", "{k: *a}", "- *a", "? *a", "\"k\":*a", "*a : 1", "k: \t*a", "\r*a", "\u{85}*a", "\u{2028}*a", "*ä",
    ])
  func counted(text: String) {
    let yaml = Array(repeating: text, count: 17).joined(separator: "\n")
    #expect(throws: BoundedYAML.TooManyAliases.self) { try BoundedYAML.compose(yaml) }
  }

  @Test("few aliases of much are refused as well, as long as they could multiply it")
  func size() throws {
    let large = "a: &a [" + String(repeating: "1, ", count: 50_000) + "1]\nb: "
    #expect(throws: BoundedYAML.TooManyAliases.self) {
      try BoundedYAML.compose(large + "[" + String(repeating: "*a, ", count: 15) + "*a]")
    }
    #expect(throws: Never.self) { try BoundedYAML.compose(large + "*a") }
  }

  @Test("a few aliases, and stars that are none, do no harm")
  func few() throws {
    let merge = "base: &base {default: m}\nmodel: *base\n" + String(repeating: "# a*b ** * \"*.py\"\n", count: 40)
    #expect(try ProfileConfiguration(yaml: merge).model.defaultModel == "m")
  }
}
