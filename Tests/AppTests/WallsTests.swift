import Foundation
import Testing

@Suite("The walls between the targets (architecture, the targets)")
struct WallsTests {
  /// Comes with the system or the compiler.
  private static let system: Set<String> = ["Foundation", "Glibc", "Dispatch", "Synchronization"]

  /// What each target may import.
  static let allowed: [String: Set<String>] = [
    "JSON": ["OrderedCollections"],
    "Pipeline": system.union(["CHTTP", "JSON", "HTTPTypes", "Logging", "Metrics", "ServiceLifecycle"]),
    "PipelineTesting": system.union(["Pipeline", "JSON", "HTTPTypes", "Logging"]),
    "Store": system.union(["JSON", "GRDB", "Yams", "Logging"]),
    "Agents": system.union(["CCurl", "JSON", "Logging"]),
    "Turns": system.union(["Store", "Agents", "JSON", "Logging", "Metrics"]),
    "Handlers": system.union(["Turns", "Store", "Pipeline", "JSON", "HTTPTypes", "Logging"]),
    "App": system.union([
      "Handlers", "Turns", "Store", "Agents", "Pipeline", "JSON", "ArgumentParser", "HTTPTypes", "ServiceLifecycle",
      "Logging", "UnixSignals", "Yams",
    ]),
  ]

  @Test("a target imports only what the plan allows", arguments: allowed.keys.sorted())
  func imports(target: String) throws {
    let allowed = try #require(WallsTests.allowed[target])
    for file in try SourceFile.all(in: "Sources/" + target) {
      let others = Set(file.imports).subtracting(allowed).sorted()
      #expect(others == [], "\(file.name)")
    }
  }

  @Test("every folder of Sources stands in the table; two are C")
  func everyTarget() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: SourceFile.repository + "/Sources")
    #expect(Set(folders) == Set(WallsTests.allowed.keys).union(["CHTTP", "CCurl"]))
    for folder in ["CHTTP", "CCurl"] {
      #expect(throws: FixtureError.self, "\(folder) is C") { try SourceFile.all(in: "Sources/" + folder) }
    }
  }

  @Test(
    "only the pipeline sees the HTTP engine, only the agents see curl",
    arguments: ["CHTTP": "Pipeline", "CCurl": "Agents"])
  func engines(module: String, owner: String) throws {
    let users = try SourceFile.all(in: "Sources").filter { $0.imports.contains(module) }
    #expect(!users.isEmpty)
    #expect(users.allSatisfy { $0.name.hasPrefix("Sources/\(owner)/") })
  }

  @Test("the package gives each target no more than it may import")
  func packageDependencies() throws {
    let package = try String(contentsOfFile: SourceFile.repository + "/Package.swift", encoding: .utf8)
    let products = [
      "argumentParser": "ArgumentParser", "database": "GRDB", "httpTypes": "HTTPTypes", "lifecycle": "ServiceLifecycle",
      "signals": "UnixSignals", "logging": "Logging", "metrics": "Metrics",
      "orderedCollections": "OrderedCollections", "yaml": "Yams",
    ]
    let pattern = /\.(?:target|executableTarget)\(\s*name: "(?<name>\w+)",\s*dependencies: \[(?<list>[^\]]*)\]/
    let targets = package.matches(of: pattern)
    #expect(Set(targets.map { String($0.name) }) == Set(WallsTests.allowed.keys))
    for target in targets {
      let allowed = WallsTests.allowed[String(target.name)] ?? []
      for word in target.list.matches(of: /"?\w+"?/).map({ String($0.output) }) {
        let module = word.hasPrefix("\"") ? String(word.dropFirst().dropLast()) : products[word] ?? word
        #expect(allowed.contains(module), "\(target.name) depends on \(module)")
      }
    }
  }

  @Test("no file has more than 500 lines", arguments: ["Sources", "Tests"])
  func length(folder: String) throws {
    for file in try SourceFile.all(in: folder) { #expect(file.lines.count <= 501, "\(file.name)") }
  }

  @Test("a promise to the compiler about threads has its reason directly above", arguments: ["Sources", "Tests"])
  func uncheckedSendable(folder: String) throws {
    // In two parts, so that this line is none.
    let promise = "@unchecked" + " Sendable"
    for file in try SourceFile.all(in: folder) {
      for (index, line) in file.lines.enumerated() where line.contains(promise) {
        let text = line.drop { $0 == " " }
        if text.hasPrefix("//") || text.contains("\"") { continue }
        let comment = file.lines[..<index].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("//") }
        #expect(comment.contains { $0.contains(promise) }, "\(file.name):\(index + 1)")
      }
    }
  }
}
