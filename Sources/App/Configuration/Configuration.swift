import Foundation
import Logging
import Pipeline
import Store

/// Everything that was configured, checked.
struct Configuration: Sendable {
  enum AgentChoice: String, CaseIterable {
    case auto
    case demo
    case openai
  }

  let values: ConfigurationValues
  let server: ServerConfiguration
  let layout: StateLayout
  let userHome: String
  let defaultWorkspace: String?
  let botName: String
  let origins: OriginPolicy
  let profileCookie: String
  let agent: AgentChoice
  let demoPace: Double
  let logLevel: Logger.Level

  /// - Throws: ``ConfigurationError`` for the first value that is wrong.
  init(flags: [String: String], environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    var values = try ConfigurationValues(flags: flags, environment: environment)
    userHome = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    layout = try Configuration.layout(&values, userHome: userHome)
    server = ServerConfiguration(
      address: try Configuration.address(values), port: try values.int("port", in: 0...65535),
      workers: try values.int("workers", in: 0...64).nonZero,
      connectionLimit: try values.int("connection-limit", in: 0...1_000_000).nonZero,
      drainDeadline: .seconds(try values.int("drain-seconds", in: 0...600)))
    if values["password"] != nil {
      throw ConfigurationError(
        "A password is configured (\(values["password"]?.origin ?? "")), but this version cannot ask for one yet: it "
          + "would be open to everybody who reaches it. Remove the password to serve on loopback only.")
    }
    defaultWorkspace = values.text("default-workspace")
    botName = values.text("bot-name") ?? "Hermes"
    do {
      let entries = (values.text("allowed-origins") ?? "").split(separator: ",")
      origins = try OriginPolicy(
        allowedOrigins: entries.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty },
        trustsForwardedHost: values.flag("trust-forwarded-host"))
    } catch let error as OriginPolicyError {
      throw values.wrong("allowed-origins", error.description)
    }
    profileCookie = try Configuration.cookieName(values)
    guard let agent = AgentChoice(rawValue: values.text("agent") ?? "") else {
      throw values.wrong("agent", "it must be demo, openai or auto")
    }
    self.agent = agent
    guard let pace = Double(values.text("demo-pace") ?? ""), (0...100).contains(pace) else {
      throw values.wrong("demo-pace", "it must be a number from 0 to 100")
    }
    demoPace = pace
    guard let level = Logger.Level(rawValue: values.text("log-level") ?? "") else {
      throw values.wrong("log-level", "it must be trace, debug, info, notice, warning, error or critical")
    }
    logLevel = level
    self.values = values
  }

  private static func address(_ values: ConfigurationValues) throws -> String {
    let address = values.text("host") ?? ""
    let names = ["localhost": "127.0.0.1"]
    let numeric = names[address] ?? address
    guard numeric == "::1" || (numeric.hasPrefix("127.") && isIPv4(numeric)) else {
      throw values.wrong(
        "host",
        "until there is authentication, the server listens on loopback only (127.0.0.1 or ::1); put it behind a proxy that asks "
          + "for a password")
    }
    return numeric
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func cookieName(_ values: ConfigurationValues) throws -> String {
    let name = values.text("profile-cookie") ?? "hermes_profile"
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) })
    else {
      throw values.wrong("profile-cookie", "it must be a cookie name: letters, digits, - and _")
    }
    return name
  }

  /// Domain 1.1 and 1.8.
  private static func layout(_ values: inout ConfigurationValues, userHome: String) throws -> StateLayout {
    if values["hermes-home"] == nil {
      values.set("hermes-home", userHome + "/.hermes", origin: "default")
    }
    let home = try absolute("hermes-home", values, userHome)
    // A home inside profiles/ belongs to a base home two levels up.
    let parts = home.split(separator: "/")
    let isProfile = parts.count > 2 && parts[parts.count - 2] == "profiles"
    let base = isProfile ? "/" + parts.dropLast(2).joined(separator: "/") : home
    if values["state-dir"] == nil {
      let files = FileManager.default
      // An installation may keep both in one folder; then the index of its conversations is there.
      let isShared =
        !files.fileExists(atPath: home + "/webui/sessions") && files.fileExists(atPath: home + "/sessions/_index.json")
      values.set(
        "state-dir", isShared ? home : home + "/webui", origin: isShared ? "found in hermes-home" : "default")
    }
    let state = try absolute("state-dir", values, userHome)
    let override = values["hermes-config"] == nil ? nil : try absolute("hermes-config", values, userHome)
    return StateLayout(baseHome: base, stateDirectory: state, configurationOverride: override)
  }

  private static func absolute(_ name: String, _ values: ConfigurationValues, _ userHome: String) throws -> String {
    let text = values.text(name) ?? ""
    let expanded = text == "~" ? userHome : text.hasPrefix("~/") ? userHome + text.dropFirst() : text
    if expanded.isEmpty || expanded.contains("\0") { throw values.wrong(name, "it must be a path") }
    let url = URL(fileURLWithPath: expanded)
    let path = url.standardizedFileURL.path
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}

extension Int {
  fileprivate var nonZero: Int? { self == 0 ? nil : self }
}
