/// The line with `null` for each of the words that Python's `json` writes for what is no number (`NaN`, `Infinity`,
/// `-Infinity`), and that no JSON has; `nil` when there is none.
///
/// RADICAL-Pilot's records may hold them, and journals of scalems-top 0.1.0 do, as values of functions.
public func replacingPythonNumbers(_ line: UnsafeRawBufferPointer) -> [UInt8]? {
  var result: [UInt8] = []
  var hasReplaced = false
  var isInString = false
  var index = 0
  let words: [StaticString] = ["NaN", "Infinity", "-Infinity"]
  while index < line.count {
    let byte = line[index]
    let rest = UnsafeRawBufferPointer(rebasing: line[index...])
    if !isInString, let word = words.first(where: { rest.starts(with: $0) }) {
      result.append(contentsOf: "null".utf8)
      index += word.utf8CodeUnitCount
      hasReplaced = true
      continue
    }
    if byte == UInt8(ascii: "\"") { isInString.toggle() }
    if isInString, byte == UInt8(ascii: "\\"), index + 1 < line.count {
      result.append(byte)
      index += 1
    }
    result.append(line[index])
    index += 1
  }
  return hasReplaced ? result : nil
}
