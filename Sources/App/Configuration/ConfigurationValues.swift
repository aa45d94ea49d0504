import Foundation
import Yams

/// The value of every setting and where it came from: flag, environment, file, default.
struct ConfigurationValues: Sendable {
  struct Value: Sendable {
    let text: String
    let origin: String
  }

  private var values: [String: Value] = [:]

  /// - Parameters:
  ///   - flags: By name.
  ///   - environment: The process's.
  /// - Throws: ``ConfigurationError`` when the file cannot be read or names what there is not.
  init(flags: [String: String], environment: [String: String]) throws {
    let file = try ConfigurationFile(flags: flags, environment: environment)
    for definition in SettingDefinition.all {
      if let text = flags[definition.name] {
        values[definition.name] = Value(text: text, origin: "flag --\(definition.name)")
      } else if let (name, text) = ConfigurationValues.first(definition.environment, in: environment) {
        values[definition.name] = Value(text: text, origin: "environment \(name)")
      } else if let text = file.values[definition.name] {
        values[definition.name] = Value(text: text, origin: "file \(file.path)")
      } else if let text = definition.fallback {
        values[definition.name] = Value(text: text, origin: "default")
      }
    }
  }

  subscript(name: String) -> Value? { values[name] }

  func text(_ name: String) -> String? { values[name]?.text }

  mutating func set(_ name: String, _ text: String, origin: String) {
    values[name] = Value(text: text, origin: origin)
  }

  /// A number within bounds.
  ///
  /// - Throws: ``ConfigurationError`` that says which value is wrong, why, and where it came from.
  func int(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    guard let value = values[name], let number = Int(value.text), range.contains(number) else {
      throw wrong(name, "it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Yes or no: 1, true, yes, on or 0, false, no, off.
  func flag(_ name: String) throws -> Bool {
    switch values[name]?.text.lowercased() {
    case "1", "true", "yes", "on": return true
    case "0", "false", "no", "off", "": return false
    default: throw wrong(name, "it must be true or false")
    }
  }

  func wrong(_ name: String, _ reason: String) -> ConfigurationError {
    let value = values[name]
    let isSecret = SettingDefinition.all.contains { $0.name == name && $0.isSecret }
    let shown = isSecret ? "" : " \"\(value?.text ?? "")\""
    return ConfigurationError(
      "\(name)\(shown) (\(value?.origin ?? "default")) cannot be used: \(reason)\(reason.hasSuffix(".") ? "" : ".")")
  }

  private static func first(_ names: [String], in environment: [String: String]) -> (String, String)? {
    for name in names {
      let text = environment[name]?.trimmingCharacters(in: .whitespaces) ?? ""
      if !text.isEmpty { return (name, text) }
    }
    return nil
  }
}

/// The file of `--config`, of `CADUCEUS_CONFIG`, or `~/.config/caduceus/config.yaml` when there is one.
private struct ConfigurationFile {
  let path: String
  let values: [String: String]

  init(flags: [String: String], environment: [String: String]) throws {
    let home = environment["HOME"] ?? NSHomeDirectory()
    let named = flags["config"] ?? environment["CADUCEUS_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    path = named ?? (environment["XDG_CONFIG_HOME"] ?? home + "/.config") + "/caduceus/config.yaml"
    guard named != nil || FileManager.default.fileExists(atPath: path) else {
      values = [:]
      return
    }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationError("The configuration file \(path) cannot be read; name another with --config.")
    }
    values = try ConfigurationFile.parse(text, path)
  }

  private static func parse(_ text: String, _ path: String) throws -> [String: String] {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError("The configuration file \(path) is not valid YAML: \(error)")
    }
    guard let root else { return [:] }
    guard let mapping = root.mapping else {
      throw ConfigurationError("The configuration file \(path) must be a list of \"name: value\" lines.")
    }
    let known = Set(SettingDefinition.all.map(\.name))
    var values: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.string, known.contains(name) else {
        throw ConfigurationError(
          "The configuration file \(path) names \"\(key.string ?? "?")\", which does not exist; `caduceus config` lists "
            + "what does.")
      }
      guard let scalar = value.scalar?.string else {
        throw ConfigurationError("In the configuration file \(path), \(name) must be a single value.")
      }
      values[name] = scalar
    }
    return values
  }
}

/// Something in the configuration that stops the start: a sentence that names the mend.
struct ConfigurationError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
