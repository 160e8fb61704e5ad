#pragma once

#include <string>
#include <vector>

/// The stream from the program with the student's files to the judge: one line for each answer, one
/// before and one after each check. The writer believes itself, the reader believes nothing.
namespace course::answers {

/// In the program with the student's files: sends one answer, at once, since the next thing may be a crash.
void write(double number);
void write(int number);
void write(bool truth);
void write(const std::string& text);
void write(const std::vector<double>& numbers);
void write(const std::vector<int>& numbers);

/// In the judge: the next answer. Ends the check when the stream has none, or one of another kind.
void read(double& number);
void read(int& number);
void read(bool& truth);
void read(std::string& text);
void read(std::vector<double>& numbers);
void read(std::vector<int>& numbers);

}  // namespace course::answers
