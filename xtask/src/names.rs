//! Names in Rust for names in AWS's models.

/// Words that AWS writes with capitals of their own, as they are to be split.
const WORDS: &[(&str, &str)] = &[
    ("VCpu", "Vcpu"),
    ("vCpu", "Vcpu"),
    ("GiB", "Gib"),
    ("MiB", "Mib"),
    ("KBps", "Kbps"),
    ("MBps", "Mbps"),
    ("GBps", "Gbps"),
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
    ("IpV4", "Ipv4"),
    ("IpV6", "Ipv6"),
    ("SSEKMS", "SseKms"),
    ("OAuth", "Oauth"),
    ("NoSQL", "Nosql"),
];

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The name of a field: `DBInstanceARNs` gives `db_instance_arns`, `Type` gives `r#type`.
pub fn field(name: &str) -> String {
    let snake = snake(name);
    match snake.as_str() {
        "self" | "super" | "crate" => format!("{snake}_"),
        keyword if KEYWORDS.contains(&keyword) => format!("r#{keyword}"),
        _ => snake,
    }
}

/// The name of a type: the shape's name, with a capital first.
pub fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of a module: `sso-admin` gives `sso_admin`.
pub fn module(service: &str) -> String {
    service.replace('-', "_")
}

fn snake(name: &str) -> String {
    let mut plain = name.to_string();
    for (word, split) in WORDS {
        plain = plain.replace(word, split);
    }
    let letters: Vec<char> = plain.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        if matches!(letter, '-' | '.' | ':' | '_' | ' ') {
            if !snake.ends_with('_') {
                snake.push('_');
            }
            continue;
        }
        if begins_word(&letters, index) && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake.trim_matches('_').to_string()
}

/// Whether a new word begins at `index`: at a capital after a small letter or digit, and at the last capital of a run
/// that goes on in small letters, unless these are only a plural `s`.
fn begins_word(letters: &[char], index: usize) -> bool {
    if index == 0 || !letters[index].is_uppercase() {
        return false;
    }
    if !letters[index - 1].is_uppercase() {
        return true;
    }
    match &letters[index + 1..] {
        ['s'] => false,
        ['s', next, ..] if next.is_uppercase() => false,
        [next, ..] => next.is_lowercase(),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_snake_case() {
        for (name, expected) in [
            ("ImageId", "image_id"),
            ("CidrBlock", "cidr_block"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
            ("AssignIPv6AddressOnCreation", "assign_ipv6_address_on_creation"),
            ("DBInstance", "db_instance"),
            ("VPCZoneIdentifier", "vpc_zone_identifier"),
            ("TargetGroupARNs", "target_group_arns"),
            ("ARNsByVPC", "arns_by_vpc"),
            ("MemoryGiBPerVCpu", "memory_gib_per_vcpu"),
            ("EC2SecurityGroup", "ec2_security_group"),
            ("nextToken", "next_token"),
            ("Type", "r#type"),
            ("Self", "self_"),
            ("x-amz-date", "x_amz_date"),
            ("Ebs", "ebs"),
            ("EBS", "ebs"),
        ] {
            assert_eq!(field(name), expected, "{name}");
        }
    }

    #[test]
    fn types_keep_their_names() {
        assert_eq!(type_name("DescribeVpcsResult"), "DescribeVpcsResult");
        assert_eq!(type_name("tagList"), "TagList");
    }
}
