//! The lint of Russian prose: what a proof-reader would mark without understanding the sentence.

/// Words that readers trip over without their dots; only those that have no twin with «е».
const WITHOUT_DOTS: [&str; 34] = [
    "еще",
    "ее",
    "идет",
    "дает",
    "ждет",
    "создает",
    "остается",
    "удается",
    "вернет",
    "вернется",
    "причем",
    "счет",
    "отчет",
    "расчет",
    "учет",
    "подсчет",
    "объем",
    "прием",
    "поймет",
    "найдет",
    "начнет",
    "придет",
    "пойдет",
    "уйдет",
    "дойдет",
    "ведет",
    "несет",
    "зачтет",
    "берет",
    "живет",
    "растет",
    "твое",
    "мое",
    "свое",
];

/// Latin letters that look like Russian words of one letter.
const LATIN_TWINS: &str = "acokyACBOKY";

/// Findings in a piece of prose (no code in it), in order of appearance.
pub fn prose(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.contains(['"', '“', '”', '„']) {
        found.push("кавычки пишутся «ёлочками»".to_owned());
    }
    if text.contains(" - ") || text.contains(" – ") || text.starts_with("- ") {
        found.push("вместо дефиса между словами нужно тире «—»".to_owned());
    }
    if text.contains("...") {
        found.push("многоточие — это один знак «…»".to_owned());
    }
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        if word.chars().any(is_cyrillic) && word.chars().any(|c| c.is_ascii_alphabetic()) {
            found.push(format!("в слове «{word}» смешаны русские и латинские буквы"));
        } else if word.chars().count() == 1
            && LATIN_TWINS.contains(word)
            && !text.contains(&format!("+{word}"))
        {
            found.push(format!("буква «{word}» — латинская, а похожа на русское слово"));
        } else if WITHOUT_DOTS.contains(&word.to_lowercase().as_str()) {
            found.push(format!("в слове «{word}» нужна буква «ё»"));
        }
    }
    found
}

/// Findings in code.
pub fn code(text: &str) -> Vec<String> {
    let word = text.split_whitespace().find(|word| word.chars().any(is_cyrillic));
    word.map(|word| format!("русские буквы в коде: «{word}»")).into_iter().collect()
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_reader_marks_what_is_wrong_and_nothing_else() {
        let check =
            |text: &str, count: usize| assert_eq!(prose(text).len(), count, "{text}: {:?}", prose(text));
        check("Под «batch-job» — это YAML-файл, и всё.", 0);
        check("Под \"batch-job\"", 1);
        check("Под - это", 1);
        check("Job'а ещё нет: kubectl’ом, 5-минутный, CI/CD", 0);
        check("Pод", 1);
        check("ждём 5 c и пишем a, b", 2);
        check("ждём 5 с и пишем «а»", 0);
        check("Она еще идет", 2);
        check("Ждём...", 1);
    }

    #[test]
    fn code_has_no_russian_letters() {
        assert!(code("kubectl get po").is_empty());
        assert_eq!(code("kubectl gеt po").len(), 1);
    }
}
