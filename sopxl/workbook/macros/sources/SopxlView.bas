Attribute VB_Name = "SopxlView"
Option Explicit

' Part of sopxl, MIT licence.
' The comforts that need no Python: empty rows, the current period, the way home.
' They find the tables of the sheet in view by their headings, never by address. A new comfort is a public Sub
' here and its line in sopxl/workbook/macros/buttons.py.

Private Const HOME_MARKER As String = "sopxl_home"
Private Const HOME_TITLE As String = "Home"

Public Sub SopxlHideEmptyRows()
    Dim table As ListObject

    If Not SheetIsReady() Then Exit Sub
    Application.ScreenUpdating = False
    For Each table In ActiveSheet.ListObjects
        HideEmptyRowsOf table
    Next table
    Application.ScreenUpdating = True
End Sub

Public Sub SopxlShowAllRows()
    Dim table As ListObject

    If Not SheetIsReady() Then Exit Sub
    Application.ScreenUpdating = False
    For Each table In ActiveSheet.ListObjects
        ShowAllRowsOf table
    Next table
    Application.ScreenUpdating = True
End Sub

Public Sub SopxlJumpToCurrentPeriod()
    Dim table As ListObject
    Dim column As Long

    If Not SheetIsReady() Then Exit Sub
    For Each table In ActiveSheet.ListObjects
        column = CurrentPeriodColumn(HeadersOf(table), Date)
        If column > 0 Then
            GoToColumn table, column
            Exit Sub
        End If
    Next table
    MsgBox "This sheet has no table with periods.", vbInformation, "sopxl"
End Sub

Public Sub SopxlGoHome()
    Dim sheet As Worksheet

    Set sheet = HomeSheet()
    If Not sheet Is Nothing Then sheet.Activate
End Sub

' Makes sure that macros may change the sheet in view, and says whether it is one with cells.
Private Function SheetIsReady() As Boolean
    If TypeName(ActiveSheet) <> "Worksheet" Then Exit Function
    If SopxlIsPlanSheet(ActiveSheet) Then SopxlPreparePlanSheets
    SheetIsReady = True
End Function

' Hides run by run, since hiding row by row takes seconds on a long plan.
Private Sub HideEmptyRowsOf(ByVal table As ListObject)
    Dim headers As Variant, values As Variant
    Dim row As Long, runStart As Long

    headers = HeadersOf(table)
    If FirstPeriodColumn(headers) = 0 Or table.DataBodyRange Is Nothing Then Exit Sub
    values = table.DataBodyRange.Value
    For row = 1 To UBound(values, 1)
        If RowIsEmpty(values, row, headers) Then
            If runStart = 0 Then runStart = row
        ElseIf runStart > 0 Then
            HideRun table, runStart, row - 1
            runStart = 0
        End If
    Next row
    If runStart > 0 Then HideRun table, runStart, UBound(values, 1)
End Sub

' The headings as a two-dimensional array from 1; Empty for a table with one column or without headings.
Private Function HeadersOf(ByVal table As ListObject) As Variant
    If table.HeaderRowRange Is Nothing Then Exit Function
    If table.HeaderRowRange.Columns.Count > 1 Then HeadersOf = table.HeaderRowRange.Value
End Function

Private Sub HideRun(ByVal table As ListObject, ByVal firstRow As Long, ByVal lastRow As Long)
    With table.DataBodyRange
        .Worksheet.Range(.Cells(firstRow, 1), .Cells(lastRow, 1)).EntireRow.Hidden = True
    End With
End Sub

Private Sub ShowAllRowsOf(ByVal table As ListObject)
    On Error Resume Next
    If table.ShowAutoFilter Then table.AutoFilter.ShowAllData
    table.DataBodyRange.EntireRow.Hidden = False
End Sub

Private Sub GoToColumn(ByVal table As ListObject, ByVal column As Long)
    Dim target As Range

    Set target = table.HeaderRowRange.Cells(1, column)
    If Not table.DataBodyRange Is Nothing Then Set target = table.DataBodyRange.Cells(1, column)
    target.Select
    ActiveWindow.ScrollColumn = target.Column
End Sub

Private Function HomeSheet() As Worksheet
    Dim sheet As Worksheet
    Dim found As String

    On Error Resume Next
    For Each sheet In ThisWorkbook.Worksheets
        found = ""
        found = sheet.Names(HOME_MARKER).Name
        If Len(found) > 0 Then
            Set HomeSheet = sheet
            Exit Function
        End If
    Next sheet
    Set HomeSheet = ThisWorkbook.Worksheets(HOME_TITLE)
End Function

' True when every period of the row is blank or nought. headers and values are two-dimensional, from 1.
Private Function RowIsEmpty(ByVal values As Variant, ByVal row As Long, ByVal headers As Variant) As Boolean
    Dim column As Long

    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            If Not IsNought(values(row, column)) Then Exit Function
        End If
    Next column
    RowIsEmpty = True
End Function

Private Function IsNought(ByVal value As Variant) As Boolean
    If IsError(value) Then Exit Function
    If IsEmpty(value) Then
        IsNought = True
    ElseIf IsNumeric(value) Then
        IsNought = (value = 0)
    Else
        IsNought = (Len(Trim$(CStr(value))) = 0)
    End If
End Function

Private Function FirstPeriodColumn(ByVal headers As Variant) As Long
    Dim column As Long

    If Not IsArray(headers) Then Exit Function
    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            FirstPeriodColumn = column
            Exit Function
        End If
    Next column
End Function

' The column of the period that holds the day, or the nearest one when the plan lies wholly before or after it;
' 0 without period columns.
Private Function CurrentPeriodColumn(ByVal headers As Variant, ByVal day As Date) As Long
    Dim column As Long

    If Not IsArray(headers) Then Exit Function
    For column = 1 To UBound(headers, 2)
        If IsPeriod(headers(1, column)) Then
            CurrentPeriodColumn = column
            If CStr(headers(1, column)) >= PeriodOf(day, CStr(headers(1, column))) Then Exit Function
        End If
    Next column
End Function

' A heading such as 2026-12 (month), 2026-W49 (week) or 2026-Q4 (quarter).
Private Function IsPeriod(ByVal heading As Variant) As Boolean
    Dim text As String

    If IsError(heading) Then Exit Function
    text = CStr(heading)
    IsPeriod = (text Like "####-##") Or (text Like "####-W##") Or (text Like "####-Q#")
End Function

' The heading of the period that holds the day, in the bucket that the example heading has.
Private Function PeriodOf(ByVal day As Date, ByVal example As String) As String
    Select Case Mid$(example, 6, 1)
        Case "W"
            PeriodOf = WeekOf(day)
        Case "Q"
            PeriodOf = CStr(Year(day)) & "-Q" & CStr((Month(day) + 2) \ 3)
        Case Else
            PeriodOf = CStr(Year(day)) & "-" & Right$("0" & CStr(Month(day)), 2)
    End Select
End Function

' The week of ISO 8601: it belongs to the year of its Thursday. Reckoned by hand, since DatePart errs on some Mondays.
Private Function WeekOf(ByVal day As Date) As String
    Dim thursday As Date
    Dim number As Long

    thursday = day - Weekday(day, vbMonday) + 4
    number = (thursday - DateSerial(Year(thursday), 1, 1)) \ 7 + 1
    WeekOf = CStr(Year(thursday)) & "-W" & Right$("0" & CStr(number), 2)
End Function
