import Platform
import Words

/// The last line of an output that says something; empty when there is none, or the file cannot be read.
///
/// Blocks for as long as the file system does.
public func lastLine(ofOutput path: String) -> String {
  guard let file = try? Descriptor.open(.file, path), let size = try? file.status().st_size else { return "" }
  let start = max(0, Int(size) - 1024)
  guard let bytes = try? LineWalk(file, path: path, bounds: LineWalk.Bounds()).read(start..<Int(size)) else {
    return ""
  }
  return PrintedText.lastLine(of: bytes, isCut: start > 0)
}
